import type { Beacon } from './beacon.js';

/** Names that are remembered at most: others may invent them. */
const MOST = 64;
/** What was heard longer ago is not asked for: who differs says so every few seconds. */
const STALE_MS = 15_000;
const MOST_FUTILE = 7;
/** Nodes at rest are heard every 256 seconds at the latest. */
const UNHEARD_MS = 600_000;

export interface Differing {
  readonly name: string;
  /** Its digest, as last heard. */
  digest: string;
  heardMs: number;
  /** By how much its clock is ahead of ours. */
  aheadMs: number;
  /** It was about to ask others itself. */
  asks: boolean;
  /** Not to be asked before. */
  notBeforeMs: number;
  /** How often in a row comparing with it has changed nothing. */
  futile: number;
}

/** The nodes of which it is certain that they hold something else than this one did. */
export class DifferingNodes {
  readonly #nodes = new Map<string, Differing>();

  add({ node: name, digest, at, ask = false }: Beacon, heardMs: number): void {
    const known = this.#nodes.get(name);
    const heard = { digest, heardMs, aheadMs: at - heardMs, asks: ask };
    if (known !== undefined) {
      Object.assign(known, heard);
      return;
    }
    if (this.#nodes.size >= MOST) {
      const [oldest] = [...this.#nodes.values()].sort((one, other) => one.heardMs - other.heardMs);
      if (oldest !== undefined) this.#nodes.delete(oldest.name);
    }
    this.#nodes.set(name, { name, ...heard, notBeforeMs: 0, futile: 0 });
  }

  get(name: string): Differing | undefined {
    return this.#nodes.get(name);
  }

  /** It agrees. */
  delete(name: string): void {
    this.#nodes.delete(name);
  }

  /** How many are not known to agree by now with whoever has this digest. */
  count(ownDigest: string, nowMs: number): number {
    this.#forget(nowMs);
    let count = 0;
    for (const { digest } of this.#nodes.values()) if (digest !== ownDigest) count += 1;
    return count;
  }

  /** Those that were heard lately. */
  current(nowMs: number): Differing[] {
    this.#forget(nowMs);
    return [...this.#nodes.values()].filter(({ heardMs }) => nowMs - heardMs <= STALE_MS);
  }

  /**
   * Comparing with it has changed nothing: 15 s, 30 s and so on, half an hour until the next time.
   * @returns how often in a row
   */
  wasFutile(name: string, nowMs: number, firstMs = 15_000): number {
    const node = this.#nodes.get(name);
    if (node === undefined) return 0;
    node.notBeforeMs = nowMs + firstMs * 2 ** node.futile;
    node.futile = Math.min(node.futile + 1, MOST_FUTILE);
    return node.futile;
  }

  #forget(nowMs: number): void {
    for (const [name, { heardMs, futile }] of this.#nodes) {
      // Who has wasted our time is remembered for as long as it is left alone.
      const aloneMs = futile === 0 ? 0 : UNHEARD_MS;
      if (nowMs - heardMs > Math.max(aloneMs, STALE_MS * 2 ** (futile + 1))) {
        this.#nodes.delete(name);
      }
    }
  }
}
