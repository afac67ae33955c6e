import { describe, expect, it } from '@jest/globals';
import { TimeSlice } from '../../netlink/index.js';
import { sortInSlices } from './sort-in-slices.js';

describe('sortInSlices', () => {
  it.each([0, 1, 1024, 1025, 5000])('sorts %i items as Array.sort does', async (length) => {
    let seed = 7;
    const items = Array.from({ length }, (_, place) => {
      seed = (seed * 48271) % 2147483647;
      return { key: seed % 100, place };
    });
    const compare = (one: { key: number }, other: { key: number }): number => one.key - other.key;
    const before = [...items];
    // A clock that jumps, so that it breathes wherever it can.
    let nowMs = 0;
    const sorted = await sortInSlices(items, compare, new TimeSlice(() => (nowMs += 10)));
    expect(sorted).toEqual([...items].sort(compare));
    expect(items).toEqual(before);
  });
});
