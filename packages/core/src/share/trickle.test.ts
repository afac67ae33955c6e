import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../testing/fake-clock.js';
import { Trickle } from './trickle.js';

function started(random = 0.5): { fired: number[]; trickle: Trickle; pass: (ms: number) => void } {
  const clock = createFakeClock();
  const fired: number[] = [];
  const trickle = new Trickle(
    clock,
    () => random,
    () => fired.push(clock.monotonicMs()),
  );
  trickle.start();
  return {
    fired,
    trickle,
    pass: (ms) => {
      clock.advance(ms);
    },
  };
}

describe('Trickle', () => {
  it('fires once an interval, in its second half, and doubles it up to the longest', () => {
    const { fired, trickle, pass } = started();
    pass(1_200_000);
    // The first at once; then at three quarters of 4, 8, 16 … 256 and again 256 s.
    expect(fired.slice(0, 4)).toEqual([500, 5_000, 12_000, 26_000]);
    expect(trickle.intervalMs).toBe(256_000);
    expect(fired.at(-1)! - fired.at(-2)!).toBe(256_000);
  });

  it('says nothing in an interval in which two others have said the same', () => {
    const { fired, trickle, pass } = started();
    pass(2_000);
    trickle.heardEqual();
    trickle.heardEqual();
    pass(4_000);
    expect(fired).toEqual([500]);
    pass(8_000);
    expect(fired).toEqual([500, 12_000]);
  });

  it('starts anew where somebody differs, unless it has just done so', () => {
    const { fired, trickle, pass } = started();
    pass(100_000);
    const before = fired.length;
    trickle.reset();
    expect(trickle.intervalMs).toBe(2_000);
    pass(1_000);
    trickle.reset();
    pass(500);
    expect(fired.length).toBe(before + 1);
  });

  it('is silent once it is stopped', () => {
    const { fired, trickle, pass } = started();
    trickle.stop();
    trickle.reset();
    pass(1_000_000);
    expect(fired).toEqual([]);
  });
});
