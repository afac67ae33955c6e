import type { Clock } from '../system/clock.js';

/**
 * After twice this time one call takes longer than anybody should wait for. Twice, since a process that
 * was itself held up sees its first timer before the answer that came meanwhile.
 */
const HALF_PATIENCE_MS = 500;
/** A call that takes longer than this hangs: programs and sockets have deadlines that are shorter. */
const HANGS_AFTER_MS = 60_000;

/** Knows how long a backend has been silent about what it was last asked. */
export class AnswerDeadlines {
  #isStuck = false;
  #hangs = false;

  constructor(private readonly clock: Clock) {}

  /** True while a call takes longer than anybody should wait for. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** True while a call takes so long that it may never end. */
  get hangs(): boolean {
    return this.#hangs;
  }

  /** @returns what is to be called when the answer is there */
  expect(): () => void {
    let cancel = this.clock.after(HALF_PATIENCE_MS, () => {
      cancel = this.clock.after(HALF_PATIENCE_MS, () => {
        this.#isStuck = true;
        cancel = this.clock.after(HANGS_AFTER_MS, () => {
          this.#hangs = true;
        });
      });
    });
    return () => {
      cancel();
      this.#isStuck = false;
      this.#hangs = false;
    };
  }
}
