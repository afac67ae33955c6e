const SEGMENT_BITS = 10;
const SEGMENT_SLOTS = 1 << SEGMENT_BITS;
const SLOT_MASK = SEGMENT_SLOTS - 1;
const FULL = (SEGMENT_SLOTS * 7) / 8;

/** What the index asks of the rows that it finds. */
export interface IndexedRows {
  isAt(row: number, words: Uint32Array, offset: number, prefixLength: number): boolean;
}

/** Some of the index's slots: all whose hashes begin with the same bits. */
class Segment {
  /** By slot: a hash and the row + 1 that has it; 0: the slot is free. */
  readonly slots = new Uint32Array(2 * SEGMENT_SLOTS);
  used = 0;

  /** @param depth how many of the hashes' upper bits are the same */
  constructor(public depth: number) {}

  put(hash: number, numbered: number): void {
    const { slots } = this;
    let at = hash & SLOT_MASK;
    while (slots[2 * at + 1] !== 0) at = (at + 1) & SLOT_MASK;
    slots[2 * at] = hash;
    slots[2 * at + 1] = numbered;
    this.used += 1;
  }

  /** Removes a row that was put here under this hash. */
  remove(hash: number, row: number): void {
    const { slots } = this;
    let hole = hash & SLOT_MASK;
    while (slots[2 * hole + 1] !== row + 1) hole = (hole + 1) & SLOT_MASK;
    // Moves up what lies behind, so that no search ends at the hole before its time.
    for (let at = (hole + 1) & SLOT_MASK; slots[2 * at + 1] !== 0; at = (at + 1) & SLOT_MASK) {
      const home = (slots[2 * at] ?? 0) & SLOT_MASK;
      if (((at - home) & SLOT_MASK) < ((at - hole) & SLOT_MASK)) continue;
      slots[2 * hole] = slots[2 * at] ?? 0;
      slots[2 * hole + 1] = slots[2 * at + 1] ?? 0;
      hole = at;
    }
    slots[2 * hole + 1] = 0;
    this.used -= 1;
  }
}

/**
 * Finds the row of an address: extendible hashing. A directory is looked up by the upper bits of the
 * hash and names a segment of 1,024 slots, the lower bits tell where in it to begin. A segment that fills
 * up is split in two by its next bit, which takes some 20 µs, however many there are; a table of one
 * piece would stop everything for as long as it takes to fill one of twice the size.
 */
export class AddressIndex {
  readonly #rows: IndexedRows;
  #depth = 1;
  #directory: Segment[] = [new Segment(1), new Segment(1)];
  #segments = 2;

  constructor(rows: IndexedRows) {
    this.#rows = rows;
  }

  get byteLength(): number {
    return 8 * SEGMENT_SLOTS * this.#segments;
  }

  /** @returns the row, or -1 */
  find(hash: number, words: Uint32Array, offset: number, prefixLength: number): number {
    const { slots } = this.#segment(hash);
    for (let at = hash & SLOT_MASK; ; at = (at + 1) & SLOT_MASK) {
      const numbered = slots[2 * at + 1] ?? 0;
      if (numbered === 0) return -1;
      if (slots[2 * at] !== hash) continue;
      if (this.#rows.isAt(numbered - 1, words, offset, prefixLength)) return numbered - 1;
    }
  }

  /** Adds a row that `find` does not find. */
  add(hash: number, row: number): void {
    let segment = this.#segment(hash);
    while (segment.used >= FULL) {
      this.#split(hash, segment);
      segment = this.#segment(hash);
    }
    segment.put(hash, row + 1);
  }

  /** Removes a row that was added under this hash. */
  remove(hash: number, row: number): void {
    this.#segment(hash).remove(hash, row);
  }

  #segment(hash: number): Segment {
    return this.#directory[hash >>> (32 - this.#depth)] ?? NO_SEGMENT;
  }

  #split(hash: number, segment: Segment): void {
    const depth = segment.depth + 1;
    if (depth > this.#depth) {
      this.#depth += 1;
      this.#directory = this.#directory.flatMap((named) => [named, named]);
    }
    const halves = [new Segment(depth), new Segment(depth)] as const;
    this.#segments += 1;
    const { slots } = segment;
    for (let at = 0; at < slots.length; at += 2) {
      const numbered = slots[at + 1] ?? 0;
      if (numbered === 0) continue;
      const slotHash = slots[at] ?? 0;
      halves[((slotHash >>> (32 - depth)) & 1) as 0 | 1].put(slotHash, numbered);
    }
    // The directory names the segment once for each end that its hashes' first bits may have.
    const times = 1 << (this.#depth - depth);
    const first = (hash >>> (32 - depth + 1)) * 2 * times;
    this.#directory.fill(halves[0], first, first + times);
    this.#directory.fill(halves[1], first + times, first + 2 * times);
  }
}

const NO_SEGMENT = new Segment(0);
