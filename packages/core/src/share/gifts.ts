/** Peers that are remembered at most: others may invent them. */
const MOST = 64;
/** So often in a row, and it keeps nothing of it: what is lost on the way, or new, is given less often. */
const MOST_IN_A_ROW = 3;

/**
 * Notices who is given the same over and over: a ledger that is full refuses it, and so does one whose set
 * ends bans that name no end sooner than ours. Comparing would go on for ever, since it always differs.
 */
export class Gifts {
  readonly #given = new Map<string, { registers: number; inARow: number }>();

  /** @returns whether there is no point in giving it more for now */
  add(peer: string, registers: number): boolean {
    const before = this.#given.get(peer);
    // What a node keeps it does not lack the next time, but for what has come since.
    const isSame = before !== undefined && 2 * registers >= before.registers;
    const inARow = isSame ? before.inARow + 1 : 1;
    this.#given.delete(peer);
    this.#given.set(peer, { registers, inARow });
    for (const oldest of this.#given.keys()) {
      if (this.#given.size <= MOST) break;
      this.#given.delete(oldest);
    }
    return inARow > MOST_IN_A_ROW;
  }

  /** It agrees: it has kept what it was given. */
  delete(peer: string): void {
    this.#given.delete(peer);
  }
}
