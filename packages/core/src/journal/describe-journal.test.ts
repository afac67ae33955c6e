import { describe, expect, it } from '@jest/globals';
import { addressColumns } from '../address/address-columns.js';
import { NEVER, NO_END_NAMED, OWN_STAMP, UNBAN } from '../message/entry-columns.js';
import { testAddress } from '../testing/contract-case.js';
import { MemoryDisk } from '../testing/memory-disk.js';
import { registerColumns } from '../testing/store-records.js';
import type { SetName } from '../words/names.js';
import { describeJournal } from './describe-journal.js';
import { openFileStore } from './file-store.js';

const set = 'blacklist' as SetName;
const stamp = Date.UTC(2026, 10, 25, 20, 15, 3, 123);
const until = Date.UTC(2026, 10, 26, 20, 15, 3) / 1000;

async function textOf(disk: MemoryDisk): Promise<string> {
  let text = '';
  for await (const lines of describeJournal('/state', { disk })) text += lines;
  return text;
}

async function journalOf(...entries: Parameters<typeof registerColumns>[0]) {
  const disk = new MemoryDisk();
  const store = await openFileStore('/state', { disk, nowMs: () => stamp + 5 });
  store.append(set, registerColumns(entries));
  return { disk, store };
}

describe('the journal as text', () => {
  it('tells each record in a line, while its daemon holds it', async () => {
    const { disk, store } = await journalOf(
      { address: '203.0.113.7', until, stamp, origin: 'web1', reason: 'sshd' },
      { address: '203.0.113.0/24', until: NEVER, stamp: stamp + 0.001, flags: OWN_STAMP },
      { address: '203.0.113.8', stamp, flags: OWN_STAMP + NO_END_NAMED },
      { address: '203.0.113.9', stamp, until, flags: NO_END_NAMED },
      { address: '203.0.113.7', action: UNBAN, stamp, origin: 'web1' },
      { address: '203.0.113.7', action: UNBAN, stamp },
    );
    store.note(set, 'cleared', addressColumns('ipv4', [testAddress('203.0.113.7')]));
    store.note(set, 'foreign', addressColumns('ipv6', [testAddress('2001:db8::1')]));
    expect(await textOf(disk)).toBe(
      `2026-11-25T20:15:03.123Z ban blacklist 203.0.113.7 until 2026-11-26T20:15:03Z origin web1 reason "sshd"
2026-11-25T20:15:03.123001Z ban blacklist 203.0.113.0/24 until never stamped here
2026-11-25T20:15:03.123Z ban blacklist 203.0.113.8 until the set's own timeout stamped here
2026-11-25T20:15:03.123Z ban blacklist 203.0.113.9 until the set's own timeout, 2026-11-26T20:15:03Z
2026-11-25T20:15:03.123Z unban blacklist 203.0.113.7 origin web1
2026-11-25T20:15:03.123Z unban blacklist 203.0.113.7
2026-11-25T20:15:03.128Z cleared blacklist 203.0.113.7
2026-11-25T20:15:03.128Z foreign blacklist 2001:db8::1
`,
    );
    await store.replace([
      { set, columns: registerColumns([{ address: '203.0.113.7', stamp, keepUntil: until }]) },
    ]);
    expect(await textOf(disk)).toBe(
      '2026-11-25T20:15:03.123Z ban blacklist 203.0.113.7 until 1970-01-01T00:00:00Z remembered until 2026-11-26T20:15:03Z\n',
    );
    await store.close();
  });

  it('shows a hostile reason as what it is', async () => {
    const { disk } = await journalOf({
      address: '203.0.113.7',
      until: NEVER,
      stamp,
      reason: 'a"\nb\u001b[2J\u202e',
    });
    expect(await textOf(disk)).toMatch(/ reason "a\\"\\x0ab\\x1b\[2J\\u\{202e\}"\n$/);
  });

  it('tells of damage, and of a record that is being written', async () => {
    const { disk, store } = await journalOf({ address: '203.0.113.7', stamp });
    store.append(set, registerColumns([{ address: '203.0.113.8', stamp }]));
    const content = disk.content('/state/ledger.journal');
    content[110] = (content[110] ?? 0) ^ 1;
    disk.put('/state/ledger.journal', content.slice(0, -5));
    expect(await textOf(disk)).toMatch(
      /^# \d+ bytes at 96 could not be read\n# \d+ bytes at the end: being written, or cut off by a crash\n$/,
    );
  });

  it('changes nothing on the disk', async () => {
    const { disk } = await journalOf({ address: '203.0.113.7', stamp });
    const calls = new Set<string>();
    disk.fate = ({ name }) => void calls.add(name);
    await textOf(disk);
    expect([...calls].sort()).toEqual(['open', 'read', 'status']);
  });

  it('says where there is none', async () => {
    await expect(textOf(new MemoryDisk())).rejects.toMatchObject({
      code: 'STORE_FAILED',
      operation: 'read /state/ledger.journal',
    });
  });

  it('comes in pieces where it is long', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    const many = registerColumns(
      Array.from({ length: 4000 }, (_, n) => ({ address: '203.0.113.7', stamp: n })),
    );
    for (let count = 0; count < 10; count++) store.append(set, many);
    let lines = 0;
    let pieces = 0;
    for await (const piece of describeJournal('/state', { disk })) {
      expect(piece === '' || piece.endsWith('\n')).toBe(true);
      lines += piece.split('\n').length - 1;
      pieces += 1;
    }
    expect(lines).toBe(40_000);
    expect(pieces).toBeGreaterThan(2);
  });
});
