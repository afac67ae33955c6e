import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isSameStep, untilSameStep } from './steps.js';

describe('untilSameStep', () => {
  it('leads to a moment at which both clocks are in the same ten seconds', () => {
    const anyMs = fc.integer({ min: 0, max: 1_000_000 });
    fc.assert(
      fc.property(anyMs, fc.integer({ min: -8_000, max: 8_000 }), (nowMs, aheadMs) => {
        const thenMs = nowMs + untilSameStep(nowMs, aheadMs);
        expect(isSameStep(thenMs, thenMs + aheadMs)).toBe(true);
        expect(thenMs - nowMs).toBeLessThan(10_000 + 8_000 + 1);
      }),
    );
  });

  it('does not wait where clocks are too far apart', () => {
    expect(untilSameStep(1_234, 60_000)).toBe(0);
  });
});
