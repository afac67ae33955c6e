import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TimeSlice } from '../../system/time-slice.js';
import { sortInSlices } from './sort-in-slices.js';

type Item = readonly [key: number, place: number];
const byKey = (one: Item, other: Item): number => one[0] - other[0];

/** A clock that jumps, so that it breathes wherever it can. */
function hasty(): TimeSlice {
  let nowMs = 0;
  return new TimeSlice(() => (nowMs += 10));
}

describe('sortInSlices', () => {
  it('sorts as Array.sort does, equal ones in their order', async () => {
    const keys = fc.array(fc.nat({ max: 500 }), { maxLength: 5000, size: 'max' });
    await fc.assert(
      fc.asyncProperty(keys, async (list) => {
        const items = list.map((key, place): Item => [key, place]);
        const expected = [...items].sort(byKey);
        expect(await sortInSlices(items, byKey, hasty())).toEqual(expected);
      }),
      { numRuns: 20 },
    );
  });

  it.each(['forwards', 'backwards'])('sorts what is sorted already, %s', async (way) => {
    const sorted = Array.from({ length: 5000 }, (_, key): Item => [key, 0]);
    const items = way === 'forwards' ? [...sorted] : [...sorted].reverse();
    expect(await sortInSlices(items, byKey, new TimeSlice())).toEqual(sorted);
  });

  it('takes equal ones backwards for what they are: not sorted', async () => {
    const items: Item[] = [
      [2, 0],
      [1, 1],
      [1, 2],
    ];
    const sorted = await sortInSlices(items, byKey, new TimeSlice());
    expect(sorted).toEqual([
      [1, 1],
      [1, 2],
      [2, 0],
    ]);
  });
});
