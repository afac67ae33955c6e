const SEGMENT_BITS = 10;
const SEGMENT_SLOTS = 1 << SEGMENT_BITS;
const SLOT_MASK = SEGMENT_SLOTS - 1;
const FULL = (SEGMENT_SLOTS * 3) / 4;
const ROW_BITS = 21;
const ROW_MASK = (1 << ROW_BITS) - 1;

/** Rows that a slot can name. */
export const MAX_ROWS = ROW_MASK - 1;

/** What the index asks of the rows that it finds. */
export interface IndexedRows {
  hashOf(row: number): number;
  isAt(row: number, words: Uint32Array, offset: number, prefixLength: number): boolean;
}

/**
 * Finds the row of an address: extendible hashing over segments of 1,024 slots. A segment that fills up
 * is split in two by the next bit of the hash, which takes some 20 µs, however many there are; a table
 * of one piece would stop everything for as long as it takes to fill one of twice the size.
 *
 *     hash:  dddddddddddd · · ttttttttttt ssssssssss
 *            directory          tag         first slot to look at
 *     slot:  ttttttttttt rrrrrrrrrrrrrrrrrrrrr    row + 1; 0: free
 */
export class AddressIndex {
  readonly #rows: IndexedRows;
  #segments: Uint32Array[] = [new Uint32Array(SEGMENT_SLOTS), new Uint32Array(SEGMENT_SLOTS)];
  /** How many of the hash's upper bits all in a segment have in common. */
  #depths: number[] = [1, 1];
  #counts: number[] = [0, 0];
  #depth = 1;
  #directory = new Uint32Array([0, 1]);

  constructor(rows: IndexedRows) {
    this.#rows = rows;
  }

  get byteLength(): number {
    return 4 * SEGMENT_SLOTS * this.#segments.length + this.#directory.byteLength;
  }

  /** @returns the row, or -1 */
  find(hash: number, words: Uint32Array, offset: number, prefixLength: number): number {
    const slots = this.#segmentOf(hash);
    const tag = tagOf(hash);
    for (let at = hash & SLOT_MASK; ; at = (at + 1) & SLOT_MASK) {
      const slot = slots[at] ?? 0;
      if (slot === 0) return -1;
      if (slot >>> ROW_BITS !== tag) continue;
      const row = (slot & ROW_MASK) - 1;
      if (this.#rows.isAt(row, words, offset, prefixLength)) return row;
    }
  }

  /** Adds a row that `find` does not find. */
  add(hash: number, row: number): void {
    let segment = this.#number(hash);
    while ((this.#counts[segment] ?? 0) >= FULL) {
      this.#split(segment);
      segment = this.#number(hash);
    }
    this.#put(segment, hash, row);
  }

  /** Removes a row that was added under this hash. */
  remove(hash: number, row: number): void {
    const segment = this.#number(hash);
    const slots = this.#segments[segment];
    if (slots === undefined) return;
    let hole = hash & SLOT_MASK;
    while (((slots[hole] ?? 0) & ROW_MASK) !== row + 1) hole = (hole + 1) & SLOT_MASK;
    // Moves up what lies behind, so that no search ends at the hole before its time.
    for (let at = (hole + 1) & SLOT_MASK; ; at = (at + 1) & SLOT_MASK) {
      const slot = slots[at] ?? 0;
      if (slot === 0) break;
      const home = this.#rows.hashOf((slot & ROW_MASK) - 1) & SLOT_MASK;
      if (((at - home) & SLOT_MASK) < ((at - hole) & SLOT_MASK)) continue;
      slots[hole] = slot;
      hole = at;
    }
    slots[hole] = 0;
    this.#counts[segment] = (this.#counts[segment] ?? 0) - 1;
  }

  #number(hash: number): number {
    return this.#directory[hash >>> (32 - this.#depth)] ?? 0;
  }

  #segmentOf(hash: number): Uint32Array {
    return this.#segments[this.#number(hash)] ?? EMPTY;
  }

  #put(segment: number, hash: number, row: number): void {
    const slots = this.#segments[segment] ?? EMPTY;
    let at = hash & SLOT_MASK;
    while (slots[at] !== 0) at = (at + 1) & SLOT_MASK;
    slots[at] = ((tagOf(hash) << ROW_BITS) | (row + 1)) >>> 0;
    this.#counts[segment] = (this.#counts[segment] ?? 0) + 1;
  }

  #split(segment: number): void {
    const old = this.#segments[segment] ?? EMPTY;
    const depth = (this.#depths[segment] ?? 0) + 1;
    if (depth > this.#depth) this.#doubleDirectory();
    const sibling = this.#segments.length;
    this.#segments[segment] = new Uint32Array(SEGMENT_SLOTS);
    this.#segments.push(new Uint32Array(SEGMENT_SLOTS));
    this.#depths[segment] = depth;
    this.#depths.push(depth);
    this.#counts[segment] = 0;
    this.#counts.push(0);
    const bit = 1 << (this.#depth - depth);
    this.#directory.forEach((number, at) => {
      if (number === segment && (at & bit) !== 0) this.#directory[at] = sibling;
    });
    for (const slot of old) {
      if (slot === 0) continue;
      const row = (slot & ROW_MASK) - 1;
      const hash = this.#rows.hashOf(row);
      this.#put(this.#number(hash), hash, row);
    }
  }

  #doubleDirectory(): void {
    this.#depth += 1;
    const old = this.#directory;
    this.#directory = new Uint32Array(2 * old.length).map((_, at) => old[at >>> 1] ?? 0);
  }
}

function tagOf(hash: number): number {
  return (hash >>> SEGMENT_BITS) & ((1 << (32 - ROW_BITS)) - 1);
}

const EMPTY = new Uint32Array(SEGMENT_SLOTS);
