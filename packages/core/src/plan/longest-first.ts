const NONE = -1;

/**
 * Heaps of rows, each with the row that ends last at its root: pairing heaps, of which any row can be
 * taken out. Whatever order rows come, change and go in, a change costs O(log n) on the average.
 *
 * ```
 *        root            `child`: the first of a row's children
 *       /    \           `next`: the sibling behind, `previous`: the one before, or the parent
 *     child - next
 * ```
 */
export class LongestFirst {
  /** When each row ends; 0 where it is in no heap. */
  ends = new Float64Array(0);
  #child = new Int32Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);

  grow(capacity: number): void {
    const ends = new Float64Array(capacity);
    ends.set(this.ends);
    this.ends = ends;
    this.#child = grown(this.#child, capacity);
    this.#next = grown(this.#next, capacity);
    this.#previous = grown(this.#previous, capacity);
  }

  /**
   * @param root of the heap, -1 for an empty one
   * @returns the root now
   */
  add(root: number, row: number, end: number): number {
    this.ends[row] = end;
    this.#child[row] = NONE;
    this.#next[row] = NONE;
    this.#previous[row] = NONE;
    return this.#meld(root, row);
  }

  /** @returns the root now, -1 where nothing is left */
  remove(root: number, row: number): number {
    this.ends[row] = 0;
    const orphans = this.#meldChildren(row);
    if (row === root) return orphans;
    this.#cut(row);
    return this.#meld(root, orphans);
  }

  /** Rows of a heap, its root first, parents before their children. The heap must not change meanwhile. */
  *rows(root: number): Generator<number> {
    let row = root;
    while (row !== NONE) {
      yield row;
      let next = this.#child[row] ?? NONE;
      while (next === NONE && row !== root) {
        next = this.#next[row] ?? NONE;
        if (next === NONE) row = this.#parent(row);
      }
      row = next;
    }
  }

  #parent(row: number): number {
    let first = row;
    for (;;) {
      const previous = this.#previous[first] ?? NONE;
      if (previous === NONE || this.#child[previous] === first) return previous;
      first = previous;
    }
  }

  #meld(one: number, other: number): number {
    if (one === NONE) return other;
    if (other === NONE) return one;
    const isFirst = (this.ends[one] ?? 0) >= (this.ends[other] ?? 0);
    const parent = isFirst ? one : other;
    const child = isFirst ? other : one;
    const first = this.#child[parent] ?? NONE;
    this.#next[child] = first;
    if (first !== NONE) this.#previous[first] = child;
    this.#previous[child] = parent;
    this.#child[parent] = child;
    this.#next[parent] = NONE;
    this.#previous[parent] = NONE;
    return parent;
  }

  /** Takes a row, with all below it, from its parent. */
  #cut(row: number): void {
    const previous = this.#previous[row] ?? NONE;
    const next = this.#next[row] ?? NONE;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous === NONE) return;
    if (this.#child[previous] === row) this.#child[previous] = next;
    else this.#next[previous] = next;
  }

  /** Makes one heap of a row's children: in pairs forwards, then one by one backwards. */
  #meldChildren(row: number): number {
    let pairs = NONE;
    let child = this.#child[row] ?? NONE;
    while (child !== NONE) {
      const second = this.#next[child] ?? NONE;
      const rest = second === NONE ? NONE : (this.#next[second] ?? NONE);
      this.#detach(child);
      if (second !== NONE) this.#detach(second);
      const pair = this.#meld(child, second);
      this.#next[pair] = pairs;
      pairs = pair;
      child = rest;
    }
    let root = NONE;
    while (pairs !== NONE) {
      const rest = this.#next[pairs] ?? NONE;
      this.#detach(pairs);
      root = this.#meld(root, pairs);
      pairs = rest;
    }
    this.#child[row] = NONE;
    return root;
  }

  #detach(row: number): void {
    this.#next[row] = NONE;
    this.#previous[row] = NONE;
  }
}

function grown(column: Int32Array<ArrayBuffer>, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(column);
  return larger;
}
