import { nextTurn } from '../system/time-slice.js';

/** What waits beyond this is dropped: it is asked for again. */
const MOST_WAITING = 64;

/**
 * Hands on what other nodes have sent, one message a turn of the event loop: each holds a thousand
 * leases, and single bans are not to wait for several of them.
 */
export class OneATurn {
  readonly #waiting: (() => void)[] = [];
  #isWorking = false;

  get isIdle(): boolean {
    return !this.#isWorking;
  }

  add(work: () => void): void {
    if (this.#waiting.length >= MOST_WAITING) return;
    this.#waiting.push(work);
    if (!this.#isWorking) void this.#work();
  }

  clear(): void {
    this.#waiting.length = 0;
  }

  async #work(): Promise<void> {
    this.#isWorking = true;
    for (let work; (work = this.#waiting.shift()) !== undefined;) {
      work();
      await nextTurn();
    }
    this.#isWorking = false;
  }
}
