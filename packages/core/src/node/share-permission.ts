import type { Clock } from '../system/clock.js';

/** A broker that forbids something by ending the connection does so at once. */
const AT_ONCE_MS = 5_000;
const MOST_IN_A_ROW = 3;
const AGAIN_MS = 600_000;

/**
 * Some brokers (RabbitMQ, AWS IoT) end the connection of a client that publishes where it may not.
 * Where that is what befalls a node when it speaks to others, it stays silent for ten minutes: bans are
 * worth more than repair.
 */
export class SharePermission {
  readonly #clock: Clock;
  readonly #changed: (isGiven: boolean) => void;
  #isGiven = true;
  #inARow = 0;
  #spokenAtMs: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(clock: Clock, changed: (isGiven: boolean) => void) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get isGiven(): boolean {
    return this.#isGiven;
  }

  /** It subscribes to its inbox now. */
  connected(): void {
    this.#spokenAtMs = this.#isGiven ? this.#clock.nowMs() : undefined;
  }

  /** Something was said to others. */
  sent(): void {
    if (this.#spokenAtMs !== undefined) this.#spokenAtMs = this.#clock.nowMs();
  }

  /** @param isHeard what this node has said has come back to it at some time, on every topic */
  disconnected(isHeard: boolean): void {
    const spokenAtMs = this.#spokenAtMs;
    this.#spokenAtMs = undefined;
    if (spokenAtMs === undefined) return;
    if (isHeard || this.#clock.nowMs() - spokenAtMs > AT_ONCE_MS) {
      this.#inARow = 0;
      return;
    }
    this.#inARow += 1;
    if (this.#inARow < MOST_IN_A_ROW) return;
    this.#inARow = 0;
    this.#give(false);
    this.#cancel = this.#clock.after(AGAIN_MS, () => {
      this.#give(true);
    });
  }

  close(): void {
    this.#cancel?.();
  }

  #give(isGiven: boolean): void {
    this.#isGiven = isGiven;
    this.#changed(isGiven);
  }
}
