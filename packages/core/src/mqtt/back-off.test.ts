import { describe, expect, it } from '@jest/globals';
import { BackOff } from './back-off.js';

const pauses = (backOff: BackOff, refused = false) =>
  Array.from({ length: 9 }, () => backOff.next(refused));

describe('BackOff', () => {
  const options = { firstMs: 1_000, longestMs: 60_000 };

  it('doubles up to the longest pause, for ever', () => {
    const backOff = new BackOff({ ...options, random: () => 1 });
    const expected = [1, 2, 4, 8, 16, 32, 60, 60, 60].map((seconds) => seconds * 1_000);
    expect(pauses(backOff)).toEqual(expected);
    for (let attempt = 0; attempt < 5_000; attempt += 1) backOff.next(false);
    expect(backOff.next(false)).toBe(60_000);
    backOff.reset();
    expect(pauses(backOff)).toEqual(expected);
  });

  it('is slower where the broker said no', () => {
    const backOff = new BackOff({ ...options, random: () => 1 });
    expect(pauses(backOff, true).slice(0, 5)).toEqual([5_000, 10_000, 20_000, 40_000, 80_000]);
  });

  it('spreads a fleet over the second half of the pause', () => {
    expect(new BackOff({ ...options, random: () => 0 }).next(false)).toBe(500);
    expect(new BackOff({ ...options, random: () => 0.5 }).next(false)).toBe(750);
  });
});
