/**
 * The wall clock, looked at once for all that happens together: until the code that asks has run to its end,
 * and so has what waited for promises that it settled.
 * Each ban is told to the log, to those who watch and to the counts, which all note when, and under some
 * hypervisors a look at the clock takes the kernel's help, and as long as writing the line.
 */
export function createTurnClock(nowMs: () => number = Date.now): () => number {
  let now: number | undefined;
  const forget = (): void => {
    now = undefined;
  };
  return () => {
    if (now === undefined) {
      now = nowMs();
      process.nextTick(forget);
    }
    return now;
  };
}

/** The one of this process. */
export const turnNowMs = createTurnClock();
