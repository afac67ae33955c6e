/** The only source of time, so that a test can hold it. */
export interface Clock {
  /** Unix time in milliseconds. */
  nowMs(): number;
  /** Calls back once after the delay; the returned function cancels. */
  after(delayMs: number, callback: () => void): () => void;
}

/** A clock that also has a time which nobody sets. */
export interface SteadyClock extends Clock {
  /**
   * Milliseconds since some moment. It stands still while the machine is suspended, as the kernel's
   * jiffies do, by which entries of sets end (CLOCK_MONOTONIC of clock_gettime(2)).
   */
  monotonicMs(): number;
}

/** The clock of this machine. Its timers do not keep the process alive. */
export const systemClock: SteadyClock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after(delayMs, callback) {
    const timer = setTimeout(callback, delayMs);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
