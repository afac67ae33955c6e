import type { SteadyClock } from '../system/clock.js';

export interface FakeClock extends SteadyClock {
  /** Lets time pass; timers that fall due are called in order, each at its own moment. */
  advance(milliseconds: number): void;
  /**
   * Sets the wall clock ahead, or back by a negative number: timers and the monotonic time do not
   * see it. A machine that was suspended finds its clocks so too.
   */
  step(milliseconds: number): void;
}

/** A clock that stands still until it is told to move. Starts at 2026-01-01 unless told otherwise. */
export function createFakeClock(startMs: number = Date.UTC(2026, 0, 1)): FakeClock {
  let monotonicMs = 0;
  let wallAheadMs = startMs;
  let made = 0;
  const timers = new Map<number, { readonly dueMs: number; readonly callback: () => void }>();

  const takeNext = (untilMs: number): { dueMs: number; callback: () => void } | undefined => {
    // Timers for the same moment fire in the order they were set, as those of Node do.
    let first: number | undefined;
    let firstDueMs = untilMs;
    for (const [id, { dueMs }] of timers) {
      if (dueMs > firstDueMs || (dueMs === firstDueMs && first !== undefined)) continue;
      first = id;
      firstDueMs = dueMs;
    }
    if (first === undefined) return undefined;
    const timer = timers.get(first);
    timers.delete(first);
    return timer;
  };

  return {
    nowMs: () => wallAheadMs + monotonicMs,
    monotonicMs: () => monotonicMs,
    after(delayMs, callback) {
      made += 1;
      const id = made;
      timers.set(id, { dueMs: monotonicMs + Math.max(0, delayMs), callback });
      return () => {
        timers.delete(id);
      };
    },
    advance(milliseconds) {
      const untilMs = monotonicMs + milliseconds;
      for (let next = takeNext(untilMs); next !== undefined; next = takeNext(untilMs)) {
        monotonicMs = Math.max(monotonicMs, next.dueMs);
        next.callback();
      }
      monotonicMs = untilMs;
    },
    step(milliseconds) {
      wallAheadMs += milliseconds;
    },
  };
}
