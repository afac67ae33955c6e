export interface BackOffOptions {
  readonly firstMs: number;
  readonly longestMs: number;
  /** 0 ≤ x < 1 */
  readonly random: () => number;
}

/** A broker that said no is asked less often: its answer changes when somebody acts. */
const REFUSED_FACTOR = 5;

/** Pauses between attempts: doubling, capped, and spread so that a fleet does not return at once. */
export class BackOff {
  readonly #options: BackOffOptions;
  #attempts = 0;

  constructor(options: BackOffOptions) {
    this.#options = options;
  }

  /** Milliseconds to wait before the next attempt: 50 to 100% of the nominal pause. */
  next(refused: boolean): number {
    const { firstMs, longestMs, random } = this.#options;
    const nominal = Math.min(firstMs * 2 ** Math.min(this.#attempts, 30), longestMs);
    this.#attempts += 1;
    return Math.round(nominal * (refused ? REFUSED_FACTOR : 1) * (0.5 + random() / 2));
  }

  reset(): void {
    this.#attempts = 0;
  }
}
