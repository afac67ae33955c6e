import type { Clock } from '../system/clock.js';

// Not systemClock, whose timers let the process end: a daemon that waits for its broker has no
// open socket, and must stay.
export const holdingClock: Clock = {
  nowMs: () => Date.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    return () => {
      clearTimeout(timer);
    };
  },
};
