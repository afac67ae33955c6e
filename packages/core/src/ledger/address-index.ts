const SEGMENT_SLOTS = 1024;
const SLOT_MASK = SEGMENT_SLOTS - 1;
/** Fuller ones find a free slot ever later: at 7/8 it is the thirtieth on average. */
const FULL = (SEGMENT_SLOTS * 3) / 4;
/** With so many on average hardly any segment is full: hashes are spread evenly. */
const ROOMY = (SEGMENT_SLOTS * 11) / 16;
const ARENA_BITS = 4;
const ARENA_MASK = (1 << ARENA_BITS) - 1;
/** A slot is a hash and the row + 1 that has it; 0: it is free. */
const NUMBERS_PER_SEGMENT = 2 * SEGMENT_SLOTS;

/** What the index asks of the rows that it finds. */
export interface IndexedRows {
  isAt(row: number, words: Uint32Array, offset: number, prefixLength: number): boolean;
}

/**
 * Finds the row of an address: extendible hashing. A directory is looked up by the upper bits of the
 * hash and names a segment of 1,024 slots, the lower bits tell where in it to begin. A segment that
 * fills up is split in two by its next bit, which takes some 20 µs, however many there are; a table
 * of one piece would stop everything for as long as it takes to fill one of twice the size.
 */
export class AddressIndex {
  readonly #rows: IndexedRows;
  /** Sixteen segments each: few enough for the processor to keep all their headers at hand. */
  #arenas: Int32Array[] = [];
  /** Of each segment, how many slots are in use, and how many upper bits all its hashes share. */
  #used: number[] = [];
  #depths: number[] = [];
  #depth = 1;
  /**
   * The free slot at which the last `find` that found nothing has ended, and for which hash: what
   * is added next is mostly that. -1: the index has changed since.
   */
  #missedAt = -1;
  #missedHash = 0;
  /** What `warm` has read: a compiler leaves out what is for nothing. */
  warmed = 0;
  #directory: Uint32Array;

  constructor(rows: IndexedRows) {
    this.#rows = rows;
    this.#directory = Uint32Array.of(this.#addSegment(1), this.#addSegment(1));
  }

  /** The same for other rows, which have the same addresses under the same numbers. */
  copy(rows: IndexedRows): AddressIndex {
    const copy = new AddressIndex(rows);
    copy.#arenas = this.#arenas.map((arena) => arena.slice());
    copy.#used = [...this.#used];
    copy.#depths = [...this.#depths];
    copy.#depth = this.#depth;
    copy.#directory = this.#directory.slice();
    return copy;
  }

  /** Makes room for so many rows, where there is none yet: what is split later is written anew. */
  reserve(rows: number): void {
    const isEven = this.#used.length === 2 ** this.#depth;
    if (!isEven || this.#used.some((used) => used > 0)) return;
    this.#missedAt = -1;
    while (this.#used.length * ROOMY < rows) this.#doubleEmpty();
  }

  #doubleEmpty(): void {
    const count = this.#used.length;
    this.#depth += 1;
    this.#depths.fill(this.#depth);
    for (let added = 0; added < count; added++) this.#addSegment(this.#depth);
    this.#directory = Uint32Array.from(this.#used.keys());
  }

  get byteLength(): number {
    return this.#arenas.reduce((bytes, { byteLength }) => bytes + byteLength, 0);
  }

  /** @returns the row, or -1 */
  find(hash: number, words: Uint32Array, offset: number, prefixLength: number): number {
    const segment = this.#segment(hash);
    const slots = this.#arena(segment);
    const start = startOf(segment);
    for (let at = hash & SLOT_MASK; ; at = (at + 1) & SLOT_MASK) {
      const numbered = slots[start + 2 * at + 1] ?? 0;
      if (numbered === 0) {
        this.#missedHash = hash;
        this.#missedAt = start + 2 * at;
        return -1;
      }
      if (slots[start + 2 * at] !== hash) continue;
      if (this.#rows.isAt(numbered - 1, words, offset, prefixLength)) return numbered - 1;
    }
  }

  /**
   * Reads the slots at which the first `count` of these hashes begin. They lie all over memory, and
   * `find` has to wait for each, some 100 ns: reads that nothing depends on are waited for side by
   * side.
   */
  warm(hashes: Int32Array, count: number): void {
    let sum = 0;
    for (let index = 0; index < count; index++) {
      const hash = hashes[index] ?? 0;
      const segment = this.#segment(hash);
      sum ^= this.#arena(segment)[startOf(segment) + 2 * (hash & SLOT_MASK) + 1] ?? 0;
    }
    this.warmed = sum;
  }

  /** Adds a row that `find` does not find. */
  add(hash: number, row: number): void {
    let segment = this.#segment(hash);
    const used = this.#used[segment] ?? 0;
    if (used < FULL && this.#missedAt >= 0 && this.#missedHash === hash) {
      const slots = this.#arena(segment);
      slots[this.#missedAt] = hash;
      slots[this.#missedAt + 1] = row + 1;
      this.#used[segment] = used + 1;
      this.#missedAt = -1;
      return;
    }
    while ((this.#used[segment] ?? 0) >= FULL) {
      this.#split(segment, hash);
      segment = this.#segment(hash);
    }
    this.#put(segment, hash, row + 1);
  }

  /**
   * Removes a row that was added under this hash.
   * @throws Error where it is not there: whoever thinks so is wrong about more than this
   */
  remove(hash: number, row: number): void {
    this.#missedAt = -1;
    const segment = this.#segment(hash);
    const slots = this.#arena(segment);
    const start = startOf(segment);
    let hole = hash & SLOT_MASK;
    for (; slots[start + 2 * hole + 1] !== row + 1; hole = (hole + 1) & SLOT_MASK) {
      if (slots[start + 2 * hole + 1] === 0) throw new Error(`no row ${String(row)} in the index`);
    }
    // Moves up what lies behind, so that no search ends at the hole before its time.
    for (let at = (hole + 1) & SLOT_MASK; ; at = (at + 1) & SLOT_MASK) {
      const numbered = slots[start + 2 * at + 1] ?? 0;
      if (numbered === 0) break;
      const slotHash = slots[start + 2 * at] ?? 0;
      const home = slotHash & SLOT_MASK;
      if (((at - home) & SLOT_MASK) < ((at - hole) & SLOT_MASK)) continue;
      slots[start + 2 * hole] = slotHash;
      slots[start + 2 * hole + 1] = numbered;
      hole = at;
    }
    slots[start + 2 * hole + 1] = 0;
    this.#used[segment] = (this.#used[segment] ?? 0) - 1;
  }

  #segment(hash: number): number {
    return this.#directory[hash >>> (32 - this.#depth)] ?? 0;
  }

  #arena(segment: number): Int32Array {
    return this.#arenas[segment >>> ARENA_BITS] ?? NO_ARENA;
  }

  #put(segment: number, hash: number, numbered: number): void {
    putInto(this.#arena(segment), startOf(segment), hash, numbered);
    this.#missedAt = -1;
    this.#used[segment] = (this.#used[segment] ?? 0) + 1;
  }

  /** @param hash one of the segment's */
  #split(segment: number, hash: number): void {
    const depth = (this.#depths[segment] ?? 0) + 1;
    if (depth > this.#depth) this.#doubleDirectory();
    const sibling = this.#addSegment(depth);
    this.#depths[segment] = depth;
    // The directory names the segment once for each end that its hashes' first bits may have.
    const times = 1 << (this.#depth - depth);
    const first = (hash >>> (32 - depth + 1)) * 2 * times;
    this.#directory.fill(sibling, first + times, first + 2 * times);

    const start = startOf(segment);
    const slots = this.#arena(segment);
    SCRATCH.set(slots.subarray(start, start + NUMBERS_PER_SEGMENT));
    slots.fill(0, start, start + NUMBERS_PER_SEGMENT);
    const upperStart = startOf(sibling);
    const upperSlots = this.#arena(sibling);
    let uppers = 0;
    let lowers = 0;
    for (let at = 0; at < SCRATCH.length; at += 2) {
      const numbered = SCRATCH[at + 1] ?? 0;
      if (numbered === 0) continue;
      const slotHash = SCRATCH[at] ?? 0;
      if (((slotHash >>> (32 - depth)) & 1) === 1) {
        putInto(upperSlots, upperStart, slotHash, numbered);
        uppers += 1;
      } else {
        putInto(slots, start, slotHash, numbered);
        lowers += 1;
      }
    }
    this.#used[segment] = lowers;
    this.#used[sibling] = uppers;
  }

  #doubleDirectory(): void {
    this.#depth += 1;
    const old = this.#directory;
    this.#directory = new Uint32Array(2 * old.length).map((_, at) => old[at >>> 1] ?? 0);
  }

  #addSegment(depth: number): number {
    const segment = this.#used.length;
    this.#used.push(0);
    this.#depths.push(depth);
    if (segment >>> ARENA_BITS === this.#arenas.length) {
      this.#arenas.push(new Int32Array(NUMBERS_PER_SEGMENT << ARENA_BITS));
    }
    return segment;
  }
}

function putInto(slots: Int32Array, start: number, hash: number, numbered: number): void {
  let at = hash & SLOT_MASK;
  while (slots[start + 2 * at + 1] !== 0) at = (at + 1) & SLOT_MASK;
  slots[start + 2 * at] = hash;
  slots[start + 2 * at + 1] = numbered;
}

/** Where in its arena a segment begins. */
function startOf(segment: number): number {
  return (segment & ARENA_MASK) * NUMBERS_PER_SEGMENT;
}

const NO_ARENA = /* @__PURE__ */ new Int32Array(0);
const SCRATCH = /* @__PURE__ */ new Int32Array(NUMBERS_PER_SEGMENT);
