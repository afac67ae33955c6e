import type { Clock } from '../system/clock.js';

/** Unix milliseconds with three digits behind the point. */
const STEP_MS = 0.001;

/** A node's own stamps: each is later than the one before, however fast they follow each other. */
export class OwnStamps {
  #last = 0;

  constructor(private readonly clock: Clock) {}

  /** What is stamped from now on is later than this too, though the clock was set back meanwhile. */
  follow(stamp: number): void {
    this.#last = Math.max(this.#last, stamp);
  }

  /** The clock was set back, and the ledger has cut to it what was stamped meanwhile. */
  setBack(): void {
    this.#last = Math.min(this.#last, this.clock.nowMs());
  }

  /**
   * Unix milliseconds, with fractions where the clock has not moved on.
   *
   * @param nowMs what the clock says, where it was just read
   */
  next(nowMs: number = this.clock.nowMs()): number {
    this.#last = Math.max(nowMs, this.#last + STEP_MS);
    return this.#last;
  }
}
