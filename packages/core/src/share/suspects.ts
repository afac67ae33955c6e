import type { Clock } from '../system/clock.js';
import type { Beacon } from './beacon.js';

/** Names that are remembered at most: others may invent them. */
const MOST = 64;
/** A check is put off by this at most. */
const PATIENCE_MS = 15_000;

/** A beacon that tells of another ledger than this node's, or seems to. */
export interface Suspect {
  readonly beacon: Beacon;
  readonly heardMs: number;
  /** When it is to be judged. */
  readonly checkMs: number;
}

/** Nodes whose digest was not this one's: each is judged a little later, as most of them will agree by then. */
export class Suspects {
  readonly #suspects = new Map<string, Suspect>();
  #cancel: (() => void) | undefined;

  /** @param due some are to be judged: `takeDue` */
  constructor(
    private readonly clock: Clock,
    private readonly due: () => void,
  ) {}

  /** Whether there is room for what a node says. */
  hasRoomFor(node: string): boolean {
    return this.#suspects.has(node) || this.#suspects.size < MOST;
  }

  /** Whoever goes on sending other digests is judged by the last of them, and at the time of the first. */
  add(beacon: Beacon, heardMs: number, checkMs: number): void {
    const known = this.#suspects.get(beacon.node);
    const soonestMs = Math.min(known?.checkMs ?? Infinity, checkMs);
    this.#suspects.set(beacon.node, { beacon, heardMs, checkMs: soonestMs });
    this.#plan();
  }

  /** It agrees. */
  delete(node: string): void {
    this.#suspects.delete(node);
  }

  clear(): void {
    this.#suspects.clear();
    this.#plan();
  }

  /** Those whose time has come; they are none any more. */
  takeDue(nowMs: number): Suspect[] {
    const due = [...this.#suspects.values()].filter(
      // By a wall clock that was set back, it was heard in the future.
      ({ checkMs, heardMs }) => checkMs <= nowMs || heardMs > nowMs,
    );
    for (const { beacon } of due) this.#suspects.delete(beacon.node);
    this.#plan();
    return due;
  }

  #plan(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    let nextMs = Infinity;
    for (const { checkMs } of this.#suspects.values()) nextMs = Math.min(nextMs, checkMs);
    if (nextMs === Infinity) return;
    // A wall clock that was set back is not waited for.
    const waitMs = Math.min(PATIENCE_MS, Math.max(0, nextMs - this.clock.nowMs()));
    this.#cancel = this.clock.after(waitMs, this.due);
  }
}
