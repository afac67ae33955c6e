/** A binary heap of moments, earliest first: tells what is due without looking at the rest. */
export class WakeQueue<Item> {
  #heap: { readonly at: number; readonly item: Item }[] = [];

  get size(): number {
    return this.#heap.length;
  }

  /** The earliest moment, in the unit that `push` was given. */
  get next(): number | undefined {
    return this.#heap[0]?.at;
  }

  push(at: number, item: Item): void {
    const heap = this.#heap;
    const entry = { at, item };
    let index = heap.length;
    heap.push(entry);
    while (index > 0) {
      const parentIndex = (index - 1) >> 1;
      const parent = heap[parentIndex];
      if (parent === undefined || parent.at <= at) break;
      heap[index] = parent;
      index = parentIndex;
    }
    heap[index] = entry;
  }

  /** Removes and returns the earliest item if it is due. */
  popDue(now: number): Item | undefined {
    const first = this.#heap[0];
    if (first === undefined || first.at > now) return undefined;
    const last = this.#heap.pop();
    if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    return first.item;
  }

  /** Drops the items that are not wanted any more. */
  sweep(isWanted: (item: Item) => boolean): void {
    // A sorted list is a heap.
    this.#heap = this.#heap.filter(({ item }) => isWanted(item)).sort((a, b) => a.at - b.at);
  }

  #sink(entry: { readonly at: number; readonly item: Item }): void {
    const heap = this.#heap;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const right = left + 1;
      const leftAt = heap[left]?.at ?? Infinity;
      const rightAt = heap[right]?.at ?? Infinity;
      const childIndex = rightAt < leftAt ? right : left;
      const child = heap[childIndex];
      if (child === undefined || child.at >= entry.at) break;
      heap[index] = child;
      index = childIndex;
    }
    heap[index] = entry;
  }
}
