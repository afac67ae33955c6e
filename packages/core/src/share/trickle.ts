import type { Clock } from '../system/clock.js';

export interface TrickleTimes {
  /** The shortest interval; 2 s by default. */
  readonly leastMs: number;
  /** The longest interval; 256 s by default. */
  readonly mostMs: number;
  /** So many equal ones heard, and nothing is said; 2 by default. */
  readonly redundancy: number;
}

export const TRICKLE_TIMES: TrickleTimes = { leastMs: 2_000, mostMs: 256_000, redundancy: 2 };

/**
 * A Trickle timer (RFC 6206): says something once an interval, in its second half, unless enough others
 * have said the same; intervals double while all agree and start anew where somebody does not.
 */
export class Trickle {
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #fire: () => void;
  readonly #times: TrickleTimes;
  readonly #mostMs: () => number;
  #intervalMs = 0;
  #heard = 0;
  #cancel: (() => void) | undefined;

  /**
   * @param random 0 to 1, exclusive
   * @param mostMs the longest interval for the time being
   */
  constructor(
    clock: Clock,
    random: () => number,
    fire: () => void,
    times = TRICKLE_TIMES,
    mostMs = (): number => times.mostMs,
  ) {
    this.#clock = clock;
    this.#random = random;
    this.#fire = fire;
    this.#times = times;
    this.#mostMs = mostMs;
  }

  /** 0 while it is stopped. */
  get intervalMs(): number {
    return this.#cancel === undefined ? 0 : this.#intervalMs;
  }

  /** Starts with the shortest interval; fires in its first half, since nobody has heard us yet. */
  start(): void {
    const { leastMs } = this.#times;
    this.#begin(leastMs, (this.#random() * leastMs) / 2);
  }

  stop(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }

  heardEqual(): void {
    this.#heard += 1;
  }

  /** Somebody differs. Where the interval is the shortest already, it goes on. */
  reset(): void {
    const { leastMs } = this.#times;
    if (this.intervalMs > leastMs) this.#begin(leastMs, this.#inSecondHalf(leastMs));
  }

  /** As `reset`, and fires in the first half: somebody waits to hear us. */
  hurry(): void {
    if (this.intervalMs > this.#times.leastMs) this.start();
  }

  /** Shortens the interval to this. */
  atMost(intervalMs: number): void {
    if (this.intervalMs > intervalMs) this.#begin(intervalMs, this.#inSecondHalf(intervalMs));
  }

  #inSecondHalf(intervalMs: number): number {
    return (intervalMs / 2) * (1 + this.#random());
  }

  #begin(intervalMs: number, fireAfterMs: number): void {
    this.#cancel?.();
    this.#intervalMs = intervalMs;
    this.#heard = 0;
    this.#cancel = this.#clock.after(fireAfterMs, () => {
      this.#cancel = this.#clock.after(intervalMs - fireAfterMs, () => {
        const next = Math.min(2 * intervalMs, this.#mostMs());
        this.#begin(next, this.#inSecondHalf(next));
      });
      if (this.#heard < this.#times.redundancy) this.#fire();
    });
  }
}
