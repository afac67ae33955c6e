import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressColumns } from '../../address/address-columns.js';
import type { Address, Family } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';
import { TimeSlice } from '../../netlink/index.js';
import { intervalOf } from '../../address/position.js';
import { sortPrefixes, type PrefixRows } from './sort-prefixes.js';

/** Few bytes that differ, so that prefixes share first addresses and come twice. */
const items = (family: Family) =>
  fc
    .array(
      fc.tuple(
        fc.uint8Array({ minLength: family === 'ipv4' ? 4 : 16, maxLength: 16, max: 3 }),
        fc.integer({ min: 0, max: family === 'ipv4' ? 32 : 128 }),
      ),
      { maxLength: 300 },
    )
    .map((prefixes) =>
      prefixes.map(([bytes, length], place) => {
        const key = bytes.subarray(0, family === 'ipv4' ? 4 : 16);
        return { place, address: addressFromBytes(family, key, length) };
      }),
    );

/** Every second row of columns. */
function rowsOf(family: Family, prefixes: readonly { address: Address }[]): PrefixRows {
  const doubled = prefixes.flatMap(({ address }) => [address, address]);
  return {
    columns: addressColumns(family, doubled),
    rows: Uint32Array.from(prefixes, (_, place) => 2 * place),
  };
}

describe('sortPrefixes', () => {
  it.each(['ipv4', 'ipv6'] as const)('sorts %s as comparing does', async (family) => {
    await fc.assert(
      fc.asyncProperty(items(family), async (unsorted) => {
        const before = [...unsorted];
        // A clock that jumps, so that it breathes wherever it can.
        let nowMs = 0;
        const slice = new TimeSlice(() => (nowMs += 10));
        const sorted = await sortPrefixes(rowsOf(family, unsorted), slice);
        const expected = [...unsorted].sort((one, other) => {
          const { first } = intervalOf(one.address);
          const { first: second } = intervalOf(other.address);
          if (first !== second) return first < second ? -1 : 1;
          return one.address.prefixLength - other.address.prefixLength;
        });
        expect([...sorted]).toEqual(expected.map(({ place }) => place));
        expect(unsorted).toEqual(before);
      }),
      { numRuns: 100 },
    );
  });

  it('sorts more than one slice of them', async () => {
    const many = Array.from({ length: 5000 }, (_, place) => {
      const low = (place * 48271) % 1999;
      const bytes = Uint8Array.of(10, 0, low >> 8, low & 0xff);
      return { place, address: addressFromBytes('ipv4', bytes) };
    });
    const sorted = await sortPrefixes(rowsOf('ipv4', many), new TimeSlice());
    const expected = [...many].sort(
      (one, other) =>
        Number(intervalOf(one.address).first) - Number(intervalOf(other.address).first),
    );
    expect([...sorted]).toEqual(expected.map(({ place }) => place));
  });
});
