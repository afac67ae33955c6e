import type { Clock } from '../system/clock.js';

/** How often it is looked who has waited for too long. */
const TICKS = 2;

/**
 * Waits, but not for a kernel or a program that does not answer. As `within`, for those who wait for
 * each message: one timer serves all of them, since nearly every answer is there before the event
 * loop turns, and a timer of its own to set and to clear would cost as much as the answer.
 */
export class Patience {
  /** Who waits, and at how many ticks of the timer they were still waiting. */
  readonly #waiting = new Map<() => void, number>();
  #isTicking = false;

  /** @param milliseconds how long anybody waits at most; half as long at least */
  constructor(
    private readonly clock: Clock,
    private readonly milliseconds: number,
  ) {}

  /** Resolves once it is done, or has taken too long. */
  wait(done: Promise<void>): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#waiting.delete(end);
        resolve();
      };
      this.#waiting.set(end, 0);
      void done.then(end, end);
      this.#tickSoon();
    });
  }

  #tickSoon(): void {
    if (this.#isTicking) return;
    this.#isTicking = true;
    this.clock.after(this.milliseconds / TICKS, () => {
      this.#isTicking = false;
      for (const [end, ticks] of this.#waiting) {
        if (ticks + 1 >= TICKS) end();
        else this.#waiting.set(end, ticks + 1);
      }
      if (this.#waiting.size > 0) this.#tickSoon();
    });
  }
}
