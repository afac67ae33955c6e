import type { Clock } from '../system/clock.js';

/** Whole seconds. */
export function nowUnix(clock: Clock): number {
  return Math.floor(clock.nowMs() / 1000);
}
