export interface KeepAliveOptions {
  readonly seconds: number;
  readonly ping: () => void;
  /** The broker has said nothing since it was pinged. */
  readonly onSilence: () => void;
  /** While a message is held nothing is read, so that an answer may lie there unread. */
  readonly isHeld: () => boolean;
}

/**
 * Asks the broker once in a keep-alive whether it is there, and gives it half of one to answer: a
 * connection that has died in silence is noticed one and a half keep-alives later at the latest,
 * which is when the broker would notice too (MQTT 5 section 3.1.2.10).
 */
export class KeepAlive {
  readonly #options: KeepAliveOptions;
  readonly #timer: NodeJS.Timeout;
  #halves = 0;
  #awaits = false;

  constructor(options: KeepAliveOptions) {
    this.#options = options;
    this.#timer = setInterval(() => {
      this.#tick();
    }, options.seconds * 500);
  }

  /** Whatever comes says that the broker lives: PINGRESP waits behind a message that takes long. */
  heard(): void {
    this.#awaits = false;
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#awaits = false;
  }

  #tick(): void {
    this.#halves += 1;
    if (this.#halves % 2 === 0) {
      this.#awaits = true;
      this.#options.ping();
    } else if (this.#awaits) {
      // Behind one look at the sockets: a process that was stopped meanwhile finds the answer there.
      setImmediate(() => {
        if (this.#awaits && !this.#options.isHeld()) this.#options.onSilence();
      });
    }
  }
}
