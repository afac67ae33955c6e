import type { Clock } from '../system/clock.js';

/**
 * After twice this time one call takes longer than anybody should wait for. Twice, since a process that
 * was itself held up sees its first timer before the answer that came meanwhile.
 */
const HALF_PATIENCE_MS = 500;
/** No large set takes so long by itself. */
const SAID_AFTER_MS = 5_000;
/** A call that takes longer than this hangs: programs and sockets have deadlines that are shorter. */
const HANGS_AFTER_MS = 60_000;

/** Knows how long a backend has been silent about what it was last asked. */
export class AnswerDeadlines {
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

  /** @returns what is to be called when the answer is there */
  expect(): () => void {
    let isSilent = false;
    let cancel = this.clock.after(HALF_PATIENCE_MS, () => {
      cancel = this.clock.after(HALF_PATIENCE_MS, () => {
        this.#isStuck = true;
        cancel = this.clock.after(SAID_AFTER_MS - 2 * HALF_PATIENCE_MS, () => {
          isSilent = true;
          this.#sayOnce();
          cancel = this.clock.after(HANGS_AFTER_MS - SAID_AFTER_MS, () => {
            this.#hangs = true;
          });
        });
      });
    });
    return () => {
      cancel();
      this.#isStuck = false;
      this.#hangs = false;
      if (!isSilent) this.#isSaid = false;
    };
  }

  #sayOnce(): void {
    if (this.#isSaid) return;
    this.#isSaid = true;
    this.silent(SAID_AFTER_MS / 1000);
  }
}
