import { LIMITS } from './limits.js';

/** Counts what is retained, and says what may be added. */
export class RetainedBounds {
  readonly #sizes = new Map<string, number>();
  #bytes = 0;

  /** @returns false where it must not be kept; an empty message forgets the one before */
  take(topic: string, bytes: number): boolean {
    const before = this.#sizes.get(topic);
    if (bytes === 0) {
      this.#sizes.delete(topic);
      this.#bytes -= before ?? 0;
      return true;
    }
    const total = this.#bytes - (before ?? 0) + bytes;
    const fits =
      bytes <= LIMITS.retainedBytes &&
      total <= LIMITS.retainedBytesInAll &&
      (before !== undefined || this.#sizes.size < LIMITS.retained);
    if (!fits) return false;
    this.#sizes.set(topic, bytes);
    this.#bytes = total;
    return true;
  }
}
