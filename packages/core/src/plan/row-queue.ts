const FIRST_CAPACITY = 64;

/** Rows of a plan that wait, the first come first; a ring that grows. */
export class RowQueue {
  #rows = new Int32Array(FIRST_CAPACITY);
  #head = 0;
  #length = 0;

  get length(): number {
    return this.#length;
  }

  push(row: number): void {
    const { length } = this.#rows;
    if (this.#length === length) this.#grow(2 * length);
    this.#rows[(this.#head + this.#length) % this.#rows.length] = row;
    this.#length += 1;
  }

  /** Puts a row before all that wait. */
  unshift(row: number): void {
    const { length } = this.#rows;
    if (this.#length === length) this.#grow(2 * length);
    this.#head = (this.#head + this.#rows.length - 1) % this.#rows.length;
    this.#rows[this.#head] = row;
    this.#length += 1;
  }

  /** @returns -1 where nothing waits */
  shift(): number {
    if (this.#length === 0) return -1;
    const row = this.#rows[this.#head] ?? -1;
    this.#head = (this.#head + 1) % this.#rows.length;
    this.#length -= 1;
    // A flood is over: its memory goes with it.
    if (this.#length === 0 && this.#rows.length > FIRST_CAPACITY) this.clear();
    return row;
  }

  clear(): void {
    this.#rows = new Int32Array(FIRST_CAPACITY);
    this.#head = 0;
    this.#length = 0;
  }

  #grow(capacity: number): void {
    const rows = new Int32Array(capacity);
    for (let index = 0; index < this.#length; index++) {
      rows[index] = this.#rows[(this.#head + index) % this.#rows.length] ?? 0;
    }
    this.#rows = rows;
    this.#head = 0;
  }
}
