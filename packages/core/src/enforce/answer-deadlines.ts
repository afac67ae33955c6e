import type { Clock } from '../system/clock.js';

/** How often it is looked whether an answer is there. */
const TICK_MS = 500;
/**
 * After so much one call takes longer than anybody should wait for. Two ticks at least, since a process that
 * was itself held up sees its first timer before the answer that came meanwhile.
 */
const STUCK_AFTER_MS = 1_000;
/** No large set takes so long by itself. */
const SAID_AFTER_MS = 5_000;
/** A call that takes longer than this hangs: programs and sockets have deadlines that are shorter. */
const HANGS_AFTER_MS = 60_000;

/**
 * Knows how long a backend has been silent about what it was last asked. Its timer goes on from one call
 * to the next: nearly all are answered before the event loop turns, and to set and clear a timer for
 * each would cost as much as asking does.
 */
export class AnswerDeadlines {
  #isOpen = false;
  /** How long the open call has been seen to last; less than nothing before its first whole tick. */
  #silentMs = 0;
  #isTicking = false;
  #isStuck = false;
  #hangs = false;
  /** The silence has been told of, and no answer has come in time since. */
  #isSaid = false;

  /** @param silent hears that a call takes very long; once, until others do not */
  constructor(
    private readonly clock: Clock,
    private readonly silent: (seconds: number) => void,
  ) {}

  /** True while a call takes longer than anybody should wait for. */
  get isStuck(): boolean {
    return this.#isStuck;
  }

  /** True while a call takes so long that it may never end. */
  get hangs(): boolean {
    return this.#hangs;
  }

  /** To be called before each call, of which there is one at a time. */
  expect(): void {
    this.#isOpen = true;
    this.#silentMs = this.#isTicking ? -TICK_MS : 0;
    if (!this.#isTicking) this.#tick();
  }

  /** The answer to it is there. */
  answered(): void {
    this.#isOpen = false;
    this.#isStuck = false;
    this.#hangs = false;
    if (this.#silentMs < SAID_AFTER_MS) this.#isSaid = false;
  }

  #tick(): void {
    this.#isTicking = true;
    this.clock.after(TICK_MS, () => {
      this.#isTicking = false;
      if (!this.#isOpen) return;
      this.#silentMs += TICK_MS;
      this.#isStuck = this.#silentMs >= STUCK_AFTER_MS;
      this.#hangs = this.#silentMs >= HANGS_AFTER_MS;
      this.#tick();
      if (this.#silentMs < SAID_AFTER_MS || this.#isSaid) return;
      this.#isSaid = true;
      this.silent(SAID_AFTER_MS / 1000);
    });
  }
}
