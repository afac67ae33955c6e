import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { AddressIndex } from './address-index.js';
import { AddressRows } from './address-rows.js';
import { SeededHash } from './seeded-hash.js';

/** Finds, and gives a row to what is not there. */
function rowOf(rows: AddressRows, words: Uint32Array, prefixLength: number): number {
  const hash = rows.hash(words, 0, prefixLength);
  const known = rows.find(hash, words, 0, prefixLength);
  return known === -1 ? rows.add(hash, words, 0, prefixLength) : known;
}

describe('an index of addresses', () => {
  it('finds what was added and not removed, whatever came and went meanwhile', () => {
    const anyStep = fc.record({
      isAdded: fc.boolean(),
      word: fc.nat(300),
      prefixLength: fc.constantFrom(24, 32),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { minLength: 100, maxLength: 1000 }), (steps) => {
        const rows = new AddressRows('ipv4', new SeededHash());
        const expected = new Map<string, number>();
        for (const { isAdded, word, prefixLength } of steps) {
          const words = Uint32Array.of(word);
          const name = `${word}/${prefixLength}`;
          const known = rows.find(rows.hash(words, 0, prefixLength), words, 0, prefixLength);
          if (known !== (expected.get(name) ?? -1)) throw new Error(`${name} is found at ${known}`);
          if (isAdded) expected.set(name, rowOf(rows, words, prefixLength));
          else if (known !== -1) {
            rows.free(known);
            expected.delete(name);
          }
        }
        expect(new Set(expected.values()).size).toBe(expected.size);
      }),
      { numRuns: 30 },
    );
  });

  it('does not look for ever for a row that it does not have', () => {
    const index = new AddressIndex({ isAt: () => true });
    index.add(7, 0);
    expect(() => {
      index.remove(7, 1);
    }).toThrow('no row 1 in the index');
    expect(index.find(7, Uint32Array.of(0), 0, 32)).toBe(0);
  });

  it.each([
    ['one after the other', (index: number) => index],
    ['in steps of a network', (index: number) => index << 12],
    ['in the upper bits alone', (index: number) => (index << 16) | (index >>> 16)],
  ])('finds 100,000 addresses that lie %s, in little more room than they need', (_, word) => {
    const rows = new AddressRows('ipv4', new SeededHash());
    const words = Uint32Array.from({ length: 100_000 }, (_none, index) => word(index));
    const distinct = new Set(words);
    for (let index = 0; index < words.length; index++) {
      rowOf(rows, words.subarray(index, index + 1), 32);
    }
    expect(rows.rowCount).toBe(distinct.size);
    const found = words.filter((one, index) => {
      const row = rows.find(rows.hash(words, index, 32), words, index, 32);
      return row !== -1 && rows.words[row] === one;
    });
    expect(found).toEqual(words);
    expect(rows.byteLength / distinct.size).toBeLessThan(48);
  });

  it.each([10, 1400, 1_500, 30_000, 90_000])(
    'finds what is added to room for %i, and takes no more of it than without',
    (count) => {
      const words = Uint32Array.from({ length: 100_000 }, (_none, index) => index << 4);
      const [reserved, growing] = [true, false].map((isReserved) => {
        const rows = new AddressRows('ipv4', new SeededHash());
        if (isReserved) rows.reserve(count);
        for (let index = 0; index < count; index++)
          rowOf(rows, words.subarray(index, index + 1), 32);
        const room = rows.byteLength;
        for (let index = count; index < words.length; index++) {
          rowOf(rows, words.subarray(index, index + 1), 32);
        }
        const found = words.filter(
          (_, index) => rows.find(rows.hash(words, index, 32), words, index, 32) === index,
        );
        expect(found).toEqual(words);
        return room;
      });
      expect(reserved).toBeLessThanOrEqual(1.15 * (growing ?? 0));
    },
  );

  it('finds what is added to room that is made behind others which were removed', () => {
    const rows = new AddressRows('ipv4', new SeededHash());
    const words = Uint32Array.from({ length: 5000 }, (_none, index) => index << 4);
    for (let index = 0; index < 3000; index++) rowOf(rows, words.subarray(index, index + 1), 32);
    for (let row = 0; row < 3000; row++) rows.free(row);
    rows.reserve(words.length);
    const made = words.map((_, index) => rowOf(rows, words.subarray(index, index + 1), 32));
    expect(new Set(made).size).toBe(words.length);
    expect(words.map((_, at) => rowOf(rows, words.subarray(at, at + 1), 32))).toEqual(made);
  });

  it('uses the rows of what was removed', () => {
    const rows = new AddressRows('ipv6', new SeededHash());
    for (let round = 0; round < 5; round++) {
      const taken: number[] = [];
      for (let index = 0; index < 5000; index++) {
        taken.push(rowOf(rows, Uint32Array.of(0x2001_0db8, round, 0, index), 128));
      }
      for (const row of taken) rows.free(row);
    }
    expect(rows.rowCount).toBe(5000);
  });
});

describe('a seeded hash', () => {
  it('is another one in each process', () => {
    const words = Uint32Array.of(0xc000_0207);
    const hashes = Array.from({ length: 4 }, () => new SeededHash().of(words, 0, 1, 32));
    expect(new Set(hashes).size).toBeGreaterThan(1);
  });

  it('makes no two addresses meet that differ in certain bits, whatever its seeds', () => {
    // Flipped together, these bits cancel out in hashes that stir one word after the other.
    for (let round = 0; round < 200; round++) {
      const hash = new SeededHash();
      const seen = new Set<number>();
      for (const first of [0, 0x8000_0000]) {
        for (const second of [0, 0x8000_0000, 0x8001_0000, 0x0001_0000]) {
          seen.add(hash.of(Uint32Array.of(first, second, 0, 1), 0, 4, 128));
        }
      }
      expect(seen.size).toBe(8);
    }
  });
});
