import type { Clock } from '../system/clock.js';

/** How long something may be on its way to the broker and back. */
const PATIENCE_MS = 15_000;

/**
 * Notices where what this node sends to the others does not come back to it. Brokers confirm
 * subscriptions that their rules then starve, and drop without a word what nobody may write.
 */
export class Echoes {
  readonly #clock: Clock;
  readonly #told: (topic: string, isHeard: boolean) => void;
  readonly #waiting = new Map<string, () => void>();
  readonly #heard = new Map<string, boolean>();

  /** @param told once a change, of each topic */
  constructor(clock: Clock, told: (topic: string, isHeard: boolean) => void) {
    this.#clock = clock;
    this.#told = told;
  }

  sent(topic: string): void {
    if (this.#waiting.has(topic)) return;
    const cancel = this.#clock.after(PATIENCE_MS, () => {
      this.#waiting.delete(topic);
      this.#learn(topic, false);
    });
    this.#waiting.set(topic, cancel);
  }

  received(topic: string): void {
    this.#waiting.get(topic)?.();
    this.#waiting.delete(topic);
    this.#learn(topic, true);
  }

  /** Undefined: not known yet. */
  isHeard(topic: string): boolean | undefined {
    return this.#heard.get(topic);
  }

  /** The connection is gone: what has not come back tells nothing. */
  disconnected(): void {
    for (const cancel of this.#waiting.values()) cancel();
    this.#waiting.clear();
  }

  #learn(topic: string, isHeard: boolean): void {
    const before = this.#heard.get(topic);
    this.#heard.set(topic, isHeard);
    // That all is well is news only where it was not.
    if (before !== isHeard && !(before === undefined && isHeard)) this.#told(topic, isHeard);
  }
}
