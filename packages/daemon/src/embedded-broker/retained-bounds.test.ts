import { describe, expect, it } from '@jest/globals';
import { LIMITS } from './limits.js';
import { RetainedBounds } from './retained-bounds.js';

describe('the bounds of what is retained', () => {
  it('are those of one message, of all, and of their number, and what is forgotten makes room', () => {
    const bounds = new RetainedBounds();
    expect(bounds.take('a', LIMITS.retainedBytes + 1)).toBe(false);
    const fitting = LIMITS.retainedBytesInAll / LIMITS.retainedBytes;
    for (let at = 0; at < fitting; at += 1) {
      expect(bounds.take(at.toString(), LIMITS.retainedBytes)).toBe(true);
    }
    expect(bounds.take('more', 1)).toBe(false);
    // In place of itself.
    expect(bounds.take('0', LIMITS.retainedBytes)).toBe(true);
    expect(bounds.take('0', 0)).toBe(true);
    expect(bounds.take('more', 1)).toBe(true);
  });

  it('hold for many small ones', () => {
    const bounds = new RetainedBounds();
    const taken = Array.from({ length: 2 * LIMITS.retained }, (_, at) =>
      bounds.take(at.toString(), 1),
    );
    expect(taken.filter(Boolean)).toHaveLength(LIMITS.retained);
    expect(bounds.take('0', 2)).toBe(true);
  });
});
