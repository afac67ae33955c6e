import type { Clock } from '../system/clock.js';

/** A broker that forbids something by ending the connection does so at once. */
const AT_ONCE_MS = 5_000;
const MOST_IN_A_ROW = 3;
const AGAIN_MS = 600_000;

/**
 * Some brokers (RabbitMQ, AWS IoT) end the connection of a client that publishes where it may not.
 * Where that is what befalls a node when it speaks to others, or answers them, it stays silent for ten
 * minutes: bans are worth more than repair, and than answers.
 */
export class SharePermission {
  readonly #clock: Clock;
  readonly #changed: (isGiven: boolean) => void;
  #isGiven = true;
  #inARow = 0;
  #isConnected = false;
  #spokenAtMs: number | undefined;
  #cancel: (() => void) | undefined;

  /** @param mostInARow connections that end at once, until it is taken for forbidden */
  constructor(
    clock: Clock,
    changed: (isGiven: boolean) => void,
    private readonly mostInARow = MOST_IN_A_ROW,
  ) {
    this.#clock = clock;
    this.#changed = changed;
  }

  get isGiven(): boolean {
    return this.#isGiven;
  }

  connected(): void {
    this.#isConnected = true;
    this.#spokenAtMs = undefined;
  }

  /** Something was said to others, or asked of the broker that is needed for it. */
  sent(): void {
    if (this.#isConnected && this.#isGiven) this.#spokenAtMs = this.#clock.nowMs();
  }

  /** @param isHeard others are known to have got at some time what this node says */
  disconnected(isHeard: boolean): void {
    const spokenAtMs = this.#spokenAtMs;
    this.#isConnected = false;
    this.#spokenAtMs = undefined;
    if (spokenAtMs === undefined) return;
    if (isHeard || this.#clock.nowMs() - spokenAtMs > AT_ONCE_MS) {
      this.#inARow = 0;
      return;
    }
    this.#inARow += 1;
    if (this.#inARow < this.mostInARow) return;
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
