import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../testing/fake-clock.js';
import { OwnStamps } from './own-stamps.js';

const HOURS_MS = 7_200_000;

describe('own stamps', () => {
  it('are later each time, also than what was read from the journal', () => {
    const clock = createFakeClock();
    const stamps = new OwnStamps(clock);
    const first = stamps.next();
    expect(first).toBe(clock.nowMs());
    expect(stamps.next()).toBeGreaterThan(first);
    stamps.follow(clock.nowMs() + 500);
    expect(stamps.next()).toBeGreaterThan(clock.nowMs() + 500);
  });

  it('follow a clock that is set back, and not what it said before', () => {
    const clock = createFakeClock();
    const stamps = new OwnStamps(clock);
    clock.step(HOURS_MS);
    stamps.next();
    clock.step(-HOURS_MS);
    stamps.setBack();
    const stamp = stamps.next();
    expect(stamp).toBeGreaterThan(clock.nowMs());
    expect(stamp).toBeLessThan(clock.nowMs() + 1);
  });
});
