import { describe, expect, it } from '@jest/globals';
import { MemoryDisk, systemError } from '../testing/memory-disk.js';
import { recordsOf, registerColumns } from '../testing/store-records.js';
import type { SetName } from '../words/names.js';
import { decodeOldRecord } from './decode-old-record.js';
import { openFileStore } from './file-store.js';

const folder = '/state';
const oldPath = '/state/ledger.jsonl';
const writtenMs = Date.UTC(2026, 0, 1);

const oldLines = [
  '{"op":"ban","set":"blacklist","address":"192.0.2.7","origin":"web1","until":1795420000}',
  '{"op":"ban","set":"blacklist","address":"2001:db8::/32","origin":"","until":"never","reason":"ssh \\"root\\""}',
  '{"op":"ban","set":"other","address":"192.0.2.0/24","until":"default"}',
  '{"op":"unban","set":"blacklist","address":"192.0.2.7","origin":"web1"}',
  '{"op":"cleared","set":"blacklist","address":"192.0.2.7"}',
  '{"op":"unban","set":"blacklist","address":"192.0.2.8"}',
];

function diskWith(lines: readonly string[]): MemoryDisk {
  const disk = new MemoryDisk();
  disk.nowMs = writtenMs;
  // As 0.3 wrote: a line feed in front of each.
  disk.put(oldPath, Buffer.from(lines.map((line) => `\n${line}`).join('')));
  return disk;
}

async function load(disk: MemoryDisk) {
  const store = await openFileStore(folder, { disk, nowMs: () => writtenMs + 1000 });
  return { store, ...(await recordsOf(store)) };
}

/** `ban blacklist …` without its stamp, and the stamp. */
function split(record: string): [string, number] {
  const words = record.split(' ');
  const [stamp = ''] = words.splice(6, 1);
  return [words.join(' '), Number(stamp)];
}

describe('the journal of version 0.3', () => {
  it('is read as entries that this node stamped itself, in their order', async () => {
    const { store, records, summary } = await load(diskWith(oldLines));
    await store.close();
    expect(records[4]).toBe('cleared blacklist 192.0.2.7');
    const entries = records.filter((record) => !record.startsWith('cleared')).map(split);
    // By set and family, so that few calls bring many.
    expect(entries.map(([text]) => text)).toEqual([
      'ban blacklist 192.0.2.7 1 "web1" 1795420000 "" 0',
      'unban blacklist 192.0.2.7 1 "web1" 0 "" 0',
      'ban blacklist 2001:db8::/32 1 "" Infinity "ssh \\"root\\"" 0',
      'ban other 192.0.2.0/24 3 "" 0 "" 0',
      'unban blacklist 192.0.2.8 1 "" 0 "" 0',
    ]);
    const stamps = entries.map(([, stamp]) => stamp);
    // The order of the lines: 1, 4, 2, 3, 6.
    const [first = 0, fourth = 0, second = 0, third = 0, sixth = 0] = stamps;
    const inOrder = [first, second, third, fourth, sixth];
    expect([...inOrder].sort((one, other) => one - other)).toEqual(inOrder);
    expect(new Set(inOrder).size).toBe(5);
    expect(sixth).toBeLessThan(writtenMs);
    expect(first).toBeGreaterThan(writtenMs - 1000);
    expect(summary).toEqual({
      ...{ records: 6, appended: 6, damage: undefined, tornBytes: 0 },
      takenOver: { path: oldPath, records: 6 },
    });
  });

  it('is put aside once everything is in the new one, and not before', async () => {
    const disk = diskWith(oldLines);
    const first = await load(disk);
    await first.store.close();
    const again = await load(disk);
    // Read twice it says the same: which is to merge the same.
    expect(again.records).toEqual(first.records);
    await again.store.replace([
      { set: 'blacklist' as SetName, columns: registerColumns([{ address: '192.0.2.9' }]) },
    ]);
    await again.store.close();
    expect(disk.names()).toContain('/state/ledger.jsonl.taken-over');
    expect(disk.names()).not.toContain(oldPath);
    const last = await load(disk);
    expect(last.records).toHaveLength(1);
    expect(last.summary.takenOver).toBeUndefined();
    await last.store.close();
  });

  it('is read before what is in the new one', async () => {
    const disk = diskWith(oldLines.slice(0, 1));
    const { store } = await load(disk);
    store.append('blacklist' as SetName, registerColumns([{ address: '192.0.2.9', stamp: 1 }]));
    await store.close();
    const { store: next, records } = await load(disk);
    await next.close();
    expect(records.map((record) => record.split(' ')[2])).toEqual(['192.0.2.7', '192.0.2.9']);
  });

  it('loses no more than a line to damage, which is counted and set aside', async () => {
    const [one = '', two = ''] = oldLines;
    const disk = diskWith([one, 'garbage', '{"op":"flush"}', two, 'null', one.slice(0, 40)]);
    const { store, records, summary } = await load(disk);
    await store.close();
    expect(records).toHaveLength(2);
    expect(summary).toMatchObject({
      damage: { places: 2, bytes: 'garbage\n{"op":"flush"}\nnull\n'.length },
      tornBytes: 40,
    });
    const setAside = disk.content(summary.damage?.setAside ?? '');
    expect(Buffer.from(setAside).toString()).toBe('garbage\n{"op":"flush"}\nnull\n');
  });

  it('may be long, and its lines too', async () => {
    const lines = Array.from(
      { length: 30_000 },
      (_, n) =>
        `{"op":"ban","set":"s","address":"10.${String(n >> 8)}.${String(n & 255)}.1","until":${String(n)}}`,
    );
    lines[7] = 'x'.repeat(3 << 20);
    const { store, records, summary } = await load(diskWith(lines));
    await store.close();
    expect(records).toHaveLength(29_999);
    expect(summary.damage?.bytes).toBeGreaterThanOrEqual(3 << 20);
    const stamps = records.map((record) => split(record)[1]);
    expect(stamps.every((stamp, index) => index === 0 || stamp > (stamps[index - 1] ?? 0))).toBe(
      true,
    );
  });

  it('stops the start where it cannot be read', async () => {
    const disk = diskWith(oldLines);
    const store = await openFileStore(folder, { disk });
    disk.fate = ({ name, path }) =>
      name === 'read' && path === oldPath ? systemError('EIO') : undefined;
    await expect(recordsOf(store)).rejects.toMatchObject({
      code: 'STORE_FAILED',
      operation: `read ${oldPath}`,
    });
    await store.close();
  });
});

describe('a line of the journal of version 0.3', () => {
  it.each([
    'garbage',
    '\u0000\u0000\u0000',
    'null',
    '[]',
    '"ban"',
    '{}',
    '{"op":"ban","set":"blacklist","address":"localhost","until":"never"}',
    '{"op":"ban","set":"-exist","address":"10.0.0.9","until":"never"}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":"soon"}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":1e999}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":1.5}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":"never","origin":"a b"}',
    '{"op":"ban","set":"blacklist","address":"10.0.0.9","until":"never","origin":{}}',
    '{"op":"unban","set":"blacklist","address":"10.0.0.9","origin":"\\n"}',
    '{"op":"flush","set":"blacklist","address":"10.0.0.9"}',
    '{"op":"cleared","set":["blacklist"],"address":"10.0.0.9"}',
  ])('is no record: %s', (line) => {
    expect(decodeOldRecord(line)).toBeUndefined();
  });

  it('may have an origin of nobody and a reason that is none', () => {
    const line = '{"op":"ban","set":"blacklist","address":"10.0.0.1","until":"never","reason":7}';
    expect(decodeOldRecord(line)).toMatchObject({ op: 'ban', origin: '', reason: '' });
  });
});
