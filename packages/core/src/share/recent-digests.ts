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
    // The one before was ours until now.
    if (previous !== undefined) this.#touch(previous, nowMs);
    if (digest === previous) return false;
    this.#current = digest;
    this.#touch(digest, nowMs);
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

  #touch(digest: string, nowMs: number): void {
    this.#lastMs.delete(digest);
    this.#lastMs.set(digest, nowMs);
  }
}
