import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { GrowingArray } from './growing-array.js';

describe('an array that grows', () => {
  it('has what was appended and written, whenever it was copied', () => {
    const anyWrites = fc.array(
      fc.record({ at: fc.double({ min: 0, max: 1, noNaN: true }), value: fc.nat() }),
      {
        minLength: 300,
        maxLength: 600,
      },
    );
    fc.assert(
      fc.property(anyWrites, (writes) => {
        const array = new GrowingArray((length) => new Uint32Array(length), 64);
        const expected: number[] = [];
        for (const { at, value } of writes) {
          array.append(value);
          expected.push(value);
          const index = Math.floor(at * (expected.length - 1));
          array.set(index, value + 1);
          expected[index] = value + 1;
        }
        expect([...array.values.subarray(0, expected.length)]).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('is at most a third larger than what it holds, its copy in the making aside', () => {
    const array = new GrowingArray((length) => new Uint8Array(length), 64);
    for (let index = 1; index <= 100_000; index++) {
      array.append(index);
      if (index > 64 && array.values.length > 1.34 * index + 8) throw new Error(`${index}`);
    }
    expect(array.values.length).toBeGreaterThanOrEqual(100_000);
    expect(array.byteLength).toBeLessThan(300_000);
  });
});
