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

  it('has room for what was reserved, and begins no copy before it is there', () => {
    for (const length of [65, 1000, 12_345]) {
      const made: number[] = [];
      const make = (room: number) => {
        made.push(room);
        return new Uint32Array(room);
      };
      const array = new GrowingArray(make, 64);
      array.reserve(length);
      const { values } = array;
      expect(values.length).toBeLessThan(1.2 * length + 8);
      for (let index = 0; index < length; index++) array.append(index);
      expect(array.values).toBe(values);
      expect(made).toEqual([64, values.length]);

      array.reserve(2 * values.length);
      for (let index = length; index < 2 * values.length; index++) array.append(index);
      expect(array.values.subarray(0, 2 * values.length)).toEqual(
        Uint32Array.from({ length: 2 * values.length }, (_, index) => index),
      );
    }
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
