/** What is kept: at 10 changes a second, of the last 25 seconds. */
const MOST = 256;

/**
 * The digests that a ledger has had lately. Who sends another one than ours may just be a moment ahead or
 * behind: then ours was the same before, or soon is.
 */
export class RecentDigests {
  /** By digest, when it was last ours; the oldest first. */
  readonly #lastMs = new Map<string, number>();
  #current: string | undefined;

  get current(): string | undefined {
    return this.#current;
  }

  /** @returns true where it is another one than before */
  note(digest: string, nowMs: number): boolean {
    const previous = this.#current;
    if (digest === previous) return false;
    this.#current = digest;
    if (previous === undefined) return true;
    this.#lastMs.delete(previous);
    this.#lastMs.set(previous, nowMs);
    for (const oldest of this.#lastMs.keys()) {
      if (this.#lastMs.size <= MOST) break;
      this.#lastMs.delete(oldest);
    }
    return true;
  }

  /** Whether it is ours or was at some time since. */
  had(digest: string, sinceMs: number): boolean {
    return digest === this.#current || (this.#lastMs.get(digest) ?? -Infinity) >= sinceMs;
  }
}
