import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TimeSlice } from '../system/time-slice.js';
import { sortInSlices } from './sort-in-slices.js';

describe('sortInSlices', () => {
  it('sorts as a stable sort does, whatever the length', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.integer({ min: 0, max: 50 }), { minLength: 0, maxLength: 12_000, size: 'max' }),
        async (keys) => {
          const compare = (one: number, other: number) => (keys[one] ?? 0) - (keys[other] ?? 0);
          const sorted = await sortInSlices(keys.length, compare, new TimeSlice());
          const expected = keys.map((_, index) => index).sort(compare);
          expect([...sorted]).toEqual(expected);
        },
      ),
      { numRuns: 30 },
    );
  });
});
