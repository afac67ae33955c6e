const NONE = -1;
const FIRST_CAPACITY = 64;

/** Rows of a plan in the order in which they came, each once; any of them can leave at once. */
export class RowList {
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  #first = NONE;
  #last = NONE;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  /** @returns -1 where there is none */
  get first(): number {
    return this.#first;
  }

  /** @param row which is not in it */
  push(row: number): void {
    if (row >= this.#next.length) this.#grow(row);
    this.#next[row] = NONE;
    this.#previous[row] = this.#last;
    if (this.#last === NONE) this.#first = row;
    else this.#next[this.#last] = row;
    this.#last = row;
    this.#length += 1;
  }

  /** @param row which is not in it */
  pushFirst(row: number): void {
    if (this.#first === NONE) {
      this.push(row);
      return;
    }
    if (row >= this.#next.length) this.#grow(row);
    this.#next[row] = this.#first;
    this.#previous[row] = NONE;
    this.#previous[this.#first] = row;
    this.#first = row;
    this.#length += 1;
  }

  /** @param row which is in it */
  remove(row: number): void {
    const next = this.#next[row] ?? NONE;
    const previous = this.#previous[row] ?? NONE;
    if (previous === NONE) this.#first = next;
    else this.#next[previous] = next;
    if (next === NONE) this.#last = previous;
    else this.#previous[next] = previous;
    this.#length -= 1;
  }

  clear(): void {
    this.#next = new Int32Array(0);
    this.#previous = new Int32Array(0);
    this.#first = NONE;
    this.#last = NONE;
    this.#length = 0;
  }

  #grow(row: number): void {
    const capacity = Math.max(2 * this.#next.length, row + 1, FIRST_CAPACITY);
    const next = new Int32Array(capacity);
    next.set(this.#next);
    this.#next = next;
    const previous = new Int32Array(capacity);
    previous.set(this.#previous);
    this.#previous = previous;
  }
}
