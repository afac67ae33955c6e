import { describe, expect, it } from '@jest/globals';
import { crc32 as reference } from 'node:zlib';
import fc from 'fast-check';
import { MemoryDisk } from '../testing/memory-disk.js';
import {
  entryTexts,
  recordsOf,
  registerColumns,
  type TestEntry,
} from '../testing/store-records.js';
import type { SetName } from '../words/names.js';
import { crc32, ownCrc32 } from './crc32.js';
import { openFileStore } from './file-store.js';

/** Seconds as they come, and whatever else a double may be. */
const seconds = fc.oneof(
  fc.constantFrom(0, Infinity, 253_402_300_799),
  fc.integer({ min: 1_700_000_000, max: 1_900_000_000 }),
  fc.double({ noNaN: true }),
);
const stamp = fc.oneof(
  fc.integer({ min: 1_795_333_600_000, max: 1_795_333_900_000 }),
  fc.integer({ min: 0, max: 255 }).map((n) => 1_795_333_600_000 + n / 1000),
  fc.double({ noNaN: true }),
);
/** Lone halves of pairs too. */
const text = fc.oneof(fc.constantFrom('', 'sshd', 'web1'), fc.string({ unit: 'binary' }));
const word = fc.nat(0xffff_ffff);

function entries(address: fc.Arbitrary<string>): fc.Arbitrary<TestEntry[]> {
  return fc.array(
    fc.record({
      address,
      action: fc.constantFrom(0, 1),
      flags: fc.nat(3),
      origin: text,
      until: seconds,
      stamp,
      reason: fc.oneof(text, fc.string({ unit: fc.constant('\ud83d'), maxLength: 3 })),
      keepUntil: seconds,
    }),
    { minLength: 1, maxLength: 40 },
  );
}

const ipv4 = entries(fc.ipV4());
const ipv6 = entries(
  fc.tuple(word, word).map(([a, b]) => `2001:db8:${hex(a >>> 16)}:${hex(a)}::${hex(b)}`),
);

function hex(value: number): string {
  return (value & 0xffff).toString(16);
}

describe('what is written', () => {
  it('is read as it was, to the last bit', async () => {
    const set = 'blacklist' as SetName;
    await fc.assert(
      fc.asyncProperty(fc.oneof(ipv4, ipv6), async (given) => {
        const disk = new MemoryDisk();
        const store = await openFileStore('/state', { disk });
        const columns = registerColumns(given);
        store.append(set, columns);
        const { records, summary } = await recordsOf(store);
        expect(summary.damage).toBeUndefined();
        expect(records).toEqual(entryTexts(set, columns));
      }),
      { numRuns: 300 },
    );
  });
});

describe('crc32', () => {
  it('is the sum that gzip has', () => {
    fc.assert(
      fc.property(
        fc.uint8Array({ maxLength: 600 }),
        fc.nat(50),
        fc.nat(50),
        (bytes, front, back) => {
          const start = Math.min(front, bytes.length);
          const end = Math.max(start, bytes.length - back);
          const expected = reference(bytes.subarray(start, end));
          expect(ownCrc32(bytes, start, end)).toBe(expected);
          expect(crc32(bytes, start, end)).toBe(expected);
        },
      ),
    );
    expect(ownCrc32(Buffer.from('123456789'), 0, 9)).toBe(0xcbf43926);
  });
});
