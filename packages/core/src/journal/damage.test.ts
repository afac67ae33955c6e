import { beforeAll, describe, expect, it } from '@jest/globals';
import { addressColumns, type AddressColumns } from '../address/address-columns.js';
import { testAddress } from '../testing/contract-case.js';
import { MemoryDisk, systemError } from '../testing/memory-disk.js';
import { entryTexts, recordsOf, registerColumns } from '../testing/store-records.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import type { SetName } from '../words/names.js';
import { encodeHeader, HEADER_LENGTH } from './file-header.js';
import { openFileStore } from './file-store.js';

const set = 'blacklist' as SetName;
const folder = '/state';
const path = '/state/ledger.journal';

/** Some frames of every kind, one a write. */
const frames: (RegisterColumns | AddressColumns)[] = [
  registerColumns([
    { address: '192.0.2.1', until: 7, stamp: 1, origin: 'web1', reason: 'sshd' },
    { address: '192.0.2.2', until: 9, stamp: 2.5, origin: 'web2', reason: 'ssh "é"' },
    { address: '192.0.2.0/24', until: Infinity, stamp: 3, origin: 'web1', reason: 'sshd' },
  ]),
  registerColumns([{ address: '2001:db8::1', stamp: 4 }]),
  addressColumns('ipv4', ['192.0.2.1', '192.0.2.2'].map(testAddress)),
  registerColumns([{ address: '192.0.2.9', stamp: 5, origin: 'web3', reason: 'x' }]),
];

let bytes: Uint8Array;
/** Where each frame begins, and where the last ends. */
const bounds: number[] = [];
const texts: string[][] = [];

beforeAll(async () => {
  const disk = new MemoryDisk();
  const store = await openFileStore(folder, { disk, nowMs: () => 1 });
  for (const columns of frames) {
    bounds.push(disk.content(path).length);
    if ('stamps' in columns) {
      store.append(set, columns);
      texts.push(entryTexts(set, columns));
    } else {
      store.note(set, 'cleared', columns);
      texts.push(['cleared blacklist 192.0.2.1', 'cleared blacklist 192.0.2.2']);
    }
  }
  await store.close();
  bytes = disk.content(path);
  bounds.push(bytes.length);
});

function diskWith(content: Uint8Array): MemoryDisk {
  const disk = new MemoryDisk();
  disk.put(path, content);
  return disk;
}

/** What is read of such a file, and then of what is appended to it. */
async function read(disk: MemoryDisk) {
  const store = await openFileStore(folder, { disk });
  const found = await recordsOf(store);
  const more = registerColumns([{ address: '198.51.100.1', stamp: 9 }]);
  store.append(set, more);
  await store.close();
  const next = await openFileStore(folder, { disk: disk.next() });
  expect((await recordsOf(next)).records).toEqual([...found.records, ...entryTexts(set, more)]);
  await next.close();
  return found;
}

function setAside(disk: MemoryDisk): Uint8Array[] {
  const names = disk.names().filter((name) => name.includes('damaged'));
  return names.map((name) => disk.content(name));
}

describe('a journal that was cut off', () => {
  it('gives back every whole frame, wherever it ends, and counts the rest as torn', async () => {
    for (let length = HEADER_LENGTH; length < bytes.length; length++) {
      const disk = diskWith(bytes.slice(0, length));
      const { records, summary } = await read(disk);
      const whole = bounds.filter((bound) => bound <= length).length - 1;
      expect(records).toEqual(texts.slice(0, whole).flat());
      expect(summary.tornBytes).toBe(length - (bounds[whole] ?? 0));
      expect(summary.damage).toBeUndefined();
      expect(setAside(disk)).toEqual([]);
    }
  });

  it('begins anew where not even its header is whole, and keeps what is there', async () => {
    for (let length = 0; length < HEADER_LENGTH; length++) {
      const disk = diskWith(bytes.slice(0, length));
      const { records, summary } = await read(disk);
      expect(records).toEqual([]);
      expect(summary.damage?.bytes ?? 0).toBe(length);
      expect(setAside(disk)).toEqual(length === 0 ? [] : [bytes.slice(0, length)]);
    }
  });
});

describe('a journal of which bits have turned', () => {
  it('gives back what is not damaged, counts what is, and sets it aside', async () => {
    for (let offset = 0; offset < bytes.length; offset++) {
      const content = bytes.slice();
      content[offset] = (content[offset] ?? 0) ^ (1 << (offset % 8));
      const disk = diskWith(content);
      const { records, summary } = await read(disk);
      const hit = bounds.findIndex((bound) => offset < bound);
      const from = hit === 0 ? 0 : (bounds[hit - 1] ?? 0);
      const until = bounds[hit] ?? 0;
      expect(records).toEqual(texts.filter((_, index) => index !== hit - 1).flat());
      expect(summary).toMatchObject({
        tornBytes: 0,
        damage: { places: 1, bytes: until - from },
      });
      expect(setAside(disk)).toEqual([content.slice(from, until)]);
    }
  });

  it('counts places that lie apart', async () => {
    const content = bytes.slice();
    content.fill(0, (bounds[0] ?? 0) + 3, (bounds[0] ?? 0) + 60);
    content.fill(1, (bounds[2] ?? 0) + 3, (bounds[2] ?? 0) + 60);
    const { records, summary } = await read(diskWith(content));
    expect(summary.damage?.places).toBe(2);
    expect(records).toEqual([...(texts[1] ?? []), ...(texts[3] ?? [])]);
  });
});

describe('a journal of which bytes are lost or were added', () => {
  it('is read on behind them, wherever numbers then lie', async () => {
    const second = bounds[1] ?? 0;
    for (let lost = 1; lost <= 20; lost++) {
      const content = Buffer.concat([bytes.slice(0, second + 8), bytes.slice(second + 8 + lost)]);
      const { records, summary } = await read(diskWith(content));
      expect(records).toEqual(texts.filter((_, index) => index !== 1).flat());
      expect(summary.damage?.places).toBe(1);
    }
  });

  it('loses nothing to what is written into it, whatever that looks like', async () => {
    const first = bounds[0] ?? 0;
    for (const added of [
      Buffer.from('\0\0\0'),
      Buffer.from(bytes.slice(first, first + 4)),
      Buffer.from(bytes.slice(first, first + 40)),
      Buffer.alloc(3 << 19, bytes.slice(first, first + 16)),
      Buffer.alloc(1 << 20, 'text '),
    ]) {
      const content = Buffer.concat([bytes.slice(0, first), added, bytes.slice(first)]);
      const { records, summary } = await read(diskWith(content));
      expect(records).toEqual(texts.flat());
      expect(summary.damage).toMatchObject({ places: 1, bytes: added.length });
    }
  });

  it('reads frames that are there twice twice, which changes nothing', async () => {
    const content = Buffer.concat([bytes, bytes.slice(HEADER_LENGTH)]);
    const { records, summary } = await read(diskWith(content));
    expect(records).toEqual([...texts.flat(), ...texts.flat()]);
    expect(summary.damage).toBeUndefined();
  });
});

describe('what is set aside', () => {
  it('has a name of its own each time', async () => {
    const content = bytes.slice();
    content.fill(0, bounds[1], bounds[2]);
    const disk = diskWith(content);
    const paths: (string | undefined)[] = [];
    for (let start = 1; start <= 3; start++) {
      const store = await openFileStore(folder, { disk, nowMs: () => Date.UTC(2026, 10, 25) });
      paths.push((await recordsOf(store)).summary.damage?.setAside);
      await store.close();
    }
    expect(paths).toEqual([
      '/state/ledger.damaged-20261125T000000',
      '/state/ledger.damaged-20261125T000000-2',
      '/state/ledger.damaged-20261125T000000-3',
    ]);
  });

  it('is the whole journal, at no cost of room, where the disk is full', async () => {
    const content = bytes.slice();
    content.fill(0, bounds[1], bounds[2]);
    const disk = diskWith(content);
    disk.fate = ({ name, path: where }) =>
      name === 'write' && where.includes('damaged') ? systemError('ENOSPC') : undefined;
    const store = await openFileStore(folder, { disk, nowMs: () => Date.UTC(2026, 10, 25) });
    const { summary } = await recordsOf(store);
    expect(summary.damage).toMatchObject({ places: 1, setAside: undefined });
    await store.replace([{ set, columns: registerColumns([]) }]);
    await store.close();
    expect(setAside(disk)).toContainEqual(content);
  });
});

describe('a journal of another version', () => {
  function headerOf(format: number, byteOrder = 'little'): Uint8Array {
    const header = Buffer.from(encodeHeader('vallumd 7.1.0'));
    const text = header.toString('latin1');
    const changed = text
      .replace('format 1,', `format ${String(format)},`)
      .replace(/(little|big)-endian/, `${byteOrder}-endian`)
      .replace(/ +, check ........\n$/, '');
    return withCheck(changed);
  }

  it('is refused and left untouched where it is newer', async () => {
    const content = Buffer.concat([headerOf(2), Buffer.from('what it holds')]);
    const disk = diskWith(content);
    await expect(openFileStore(folder, { disk })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message:
        '/state/ledger.journal was written by vallumd 7.1.0 in format 2, and this version reads ' +
        'formats up to 1: use that version or a later one, or another state folder; it is left as it is',
    });
    expect(disk.content(path)).toEqual(new Uint8Array(content));
    // The folder is given back.
    disk.put(path, bytes);
    const store = await openFileStore(folder, { disk });
    await store.close();
  });

  it('is refused where its numbers have another byte order', async () => {
    const disk = diskWith(headerOf(1, 'big'));
    await expect(openFileStore(folder, { disk })).rejects.toMatchObject({
      code: 'STORE_FAILED',
      message: expect.stringContaining('on a big-endian machine') as unknown,
    });
  });

  it('says who wrote it in a line of text', () => {
    expect(Buffer.from(encodeHeader('vallumd 0.4.0')).toString('latin1')).toMatch(
      /^vallum journal, format 1, little-endian, written by vallumd 0\.4\.0 +, check [0-9a-f]{8}\n$/,
    );
    const long = Buffer.from(encodeHeader('a\nb'.repeat(40)));
    expect(long).toHaveLength(HEADER_LENGTH);
    expect(long.indexOf('\n')).toBe(HEADER_LENGTH - 1);
  });
});

/** As `encodeHeader`, for whatever a header may say. */
function withCheck(text: string): Uint8Array {
  const head = `${text.padEnd(HEADER_LENGTH - 17)}, check `;
  return Buffer.from(`${head}${crcOf(head)}\n`, 'latin1');
}

/** CRC-32, a bit at a time. */
function crcOf(text: string): string {
  let crc = -1;
  for (const byte of Buffer.from(text, 'latin1')) {
    crc ^= byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  }
  return (~crc >>> 0).toString(16).padStart(8, '0');
}
