import { describe, expect, it } from '@jest/globals';
import { entriesOf } from './set-fill.js';

describe('the fill of a set', () => {
  it('counts what was put in since it was looked at, and takes what waits for room off once', () => {
    // Of the 40 that are pending 30 wait for room.
    const full = { bans: 1_040, pending: 40, waiting: 30 };
    expect(entriesOf({ entries: 990, ...full })).toBe(1_000);
    expect(entriesOf({ entries: 1_000, ...full })).toBe(1_000);
  });

  it('is not known of a set that was not looked at', () => {
    expect(entriesOf({ bans: 5, pending: 0 })).toBeUndefined();
  });
});
