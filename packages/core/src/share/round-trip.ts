import type { SteadyClock } from '../system/clock.js';

/** Beside bans it is nothing, also where 2,000 nodes do it: 33 messages a second, each for one of them. */
const EVERY_MS = 60_000;

export interface RoundTripOptions {
  readonly clock: SteadyClock;
  /** 0 to 1, exclusive. Nodes that have found a broker together do not go on together. */
  readonly random: () => number;
  /** Sends it to this node itself. */
  readonly say: (id: string) => void;
}

/**
 * How long something that this node sends takes through the broker and back to it: by one clock, which nobody
 * sets, so that it is right whatever the time of day is thought to be.
 */
export class RoundTrip {
  readonly #options: RoundTripOptions;
  #number = 0;
  #open: { readonly id: string; readonly sentMs: number } | undefined;
  #lastMs: number | undefined;
  #cancel: (() => void) | undefined;

  constructor(options: RoundTripOptions) {
    this.#options = options;
  }

  /** A connection stands. */
  start(): void {
    this.#cancel?.();
    this.#measure();
  }

  /** It is gone: what was known of it says nothing about the next. */
  stop(): void {
    this.#cancel?.();
    this.#open = this.#lastMs = undefined;
  }

  /** What came back. */
  received(id: string): void {
    if (this.#open?.id !== id) return;
    this.#lastMs = this.#options.clock.monotonicMs() - this.#open.sentMs;
    this.#open = undefined;
  }

  /** Milliseconds; undefined: nothing has come back over this connection. */
  get ms(): number | undefined {
    if (this.#lastMs === undefined || this.#open === undefined) return this.#lastMs;
    // What is on its way for longer than the last one took is late already.
    return Math.max(this.#lastMs, this.#options.clock.monotonicMs() - this.#open.sentMs);
  }

  #measure(): void {
    const { clock, random, say } = this.#options;
    this.#number += 1;
    const id = this.#number.toString(16).padStart(16, '0');
    // One that has not come back in all the time goes on counting.
    this.#open =
      this.#open === undefined || this.#lastMs === undefined
        ? { id, sentMs: clock.monotonicMs() }
        : { id, sentMs: this.#open.sentMs };
    say(id);
    this.#cancel = clock.after(EVERY_MS * (0.75 + random() / 2), () => {
      this.#measure();
    });
  }
}
