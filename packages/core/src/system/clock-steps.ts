import type { SteadyClock } from './clock.js';

const LOOK_EVERY_MS = 1_000;
/** Ends of bans are whole seconds, and NTP slews what is smaller. */
const STEP_MS = 2_000;
/** Two readings of one clock around one of the other: further apart, something came between. */
const TOGETHER_MS = 100;
const ATTEMPTS = 3;

/**
 * Notices when the wall clock goes another way than the time by which the kernel ends entries: it
 * was set, by hand or by NTP, or the machine was suspended. Many small steps count once they come to
 * two seconds.
 *
 * A timerfd with TFD_TIMER_CANCEL_ON_SET would tell at once, but waiting for it takes a thread and
 * koffi, and it does not tell a suspension: comparing both clocks once a second costs microseconds.
 *
 * @param stepped gets by how much the wall clock went ahead; negative: back
 * @returns what ends it
 */
export function watchClock(clock: SteadyClock, stepped: (byMs: number) => void): () => void {
  let known = wallAhead(clock) ?? clock.nowMs() - clock.monotonicMs();
  let cancel: () => void = () => undefined;
  const look = () => {
    // First, so that a listener may end the watch.
    cancel = clock.after(LOOK_EVERY_MS, look);
    const ahead = wallAhead(clock);
    if (ahead === undefined) return;
    const byMs = ahead - known;
    if (Math.abs(byMs) < STEP_MS) return;
    known = ahead;
    stepped(byMs);
  };
  cancel = clock.after(LOOK_EVERY_MS, look);
  return () => {
    cancel();
  };
}

/** Undefined where this process did not get to read both clocks together. */
function wallAhead(clock: SteadyClock): number | undefined {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const before = clock.monotonicMs();
    const wall = clock.nowMs();
    const after = clock.monotonicMs();
    if (after - before <= TOGETHER_MS) return wall - after;
  }
  return undefined;
}
