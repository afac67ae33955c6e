import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../testing/fake-clock.js';
import { watchClock } from './clock-steps.js';

function watch() {
  const clock = createFakeClock();
  const steps: number[] = [];
  const end = watchClock(clock, (byMs) => steps.push(byMs));
  return { clock, steps, end };
}

describe('the watch over the clock', () => {
  it('says nothing while time passes', () => {
    const { clock, steps } = watch();
    clock.advance(3_600_000);
    expect(steps).toEqual([]);
  });

  it.each([10 * 86_400_000, -7_200_000, 2_000, -2_000])('tells a step of %d ms, once', (byMs) => {
    const { clock, steps } = watch();
    clock.step(byMs);
    clock.advance(1_000);
    clock.advance(60_000);
    expect(steps).toEqual([byMs]);
  });

  it('leaves out what is less than two seconds, until it comes to that', () => {
    const { clock, steps } = watch();
    for (let step = 0; step < 5; step += 1) {
      clock.step(-600);
      clock.advance(1_000);
    }
    expect(steps).toEqual([-2_400]);
  });

  it('tells each of several steps', () => {
    const { clock, steps } = watch();
    clock.step(5_000);
    clock.advance(1_000);
    clock.step(-5_000);
    clock.advance(1_000);
    expect(steps).toEqual([5_000, -5_000]);
  });

  it('does not take a process that was held between two readings for a step', () => {
    const real = createFakeClock();
    let held = 0;
    const clock = {
      ...real,
      nowMs: () => {
        // Stopped for a minute after this reading.
        const now = real.nowMs();
        if (held > 0) real.advance(60_000);
        held -= 1;
        return now;
      },
    };
    const steps: number[] = [];
    const timers: (() => void)[] = [];
    watchClock({ ...clock, after: (_delay, call) => (timers.push(call), () => undefined) }, (by) =>
      steps.push(by),
    );
    for (const readings of [1, 3]) {
      held = readings;
      timers.at(-1)?.();
    }
    held = 0;
    real.step(4_000);
    timers.at(-1)?.();
    expect(steps).toEqual([4_000]);
  });

  it('ends when told, also by whom it tells', () => {
    const { clock, steps, end } = watch();
    end();
    clock.step(5_000);
    clock.advance(10_000);
    expect(steps).toEqual([]);

    const again: number[] = [];
    const stop = watchClock(clock, (byMs) => {
      again.push(byMs);
      stop();
    });
    for (let step = 0; step < 3; step += 1) {
      clock.step(5_000);
      clock.advance(1_000);
    }
    expect(again).toEqual([5_000]);
  });
});
