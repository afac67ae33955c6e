/** Digests that are remembered at most: others may invent them. */
const MOST = 64;
/** How long whoever is alone with its digest has to do something about it. */
const AGAIN_MS = 5_000;

/** Digests of others, and when each was first found to differ. */
export class FirstHeard {
  readonly #firstMs = new Map<string, number>();

  /** Whether somebody has had this digest some time ago, too: then it is not just about to change. */
  isAgain(digest: string, nowMs: number): boolean {
    const firstMs = this.#firstMs.get(digest);
    if (firstMs !== undefined) return nowMs - firstMs >= AGAIN_MS;
    for (const oldest of this.#firstMs.keys()) {
      if (this.#firstMs.size < MOST) break;
      this.#firstMs.delete(oldest);
    }
    this.#firstMs.set(digest, nowMs);
    return false;
  }

  clear(): void {
    this.#firstMs.clear();
  }
}
