import { wordsPerAddress } from '../address/address-columns.js';
import type { Family } from '../address/address.js';

/** Parts of the index: each grows by itself, so that no growth holds up what waits. */
const PARTS = 64;
const FIRST_SLOTS = 16;
const FIRST_ROWS = 64;
const NEVER_USED = 0;
const DELETED = -1;
/** The prefix length of a removed row. */
const REMOVED = 255;
/** Differs from process to process: whoever sends addresses cannot aim at one slot. */
const SEED = Math.trunc(Math.random() * 0x1_0000_0000);

/**
 * Addresses in rows: open addressing over columns. A row keeps its number until it is removed; then
 * the number is given to another address.
 */
export class AddressTable {
  words: Uint32Array;
  prefixLengths: Uint8Array;
  readonly #perAddress: 1 | 4;
  /** Row + 1, by part. */
  readonly #slots: Int32Array[] = Array.from({ length: PARTS }, () => new Int32Array(FIRST_SLOTS));
  readonly #used = new Int32Array(PARTS);
  readonly #live = new Int32Array(PARTS);
  /** Removed rows, the last one first; of a removed row `words` tells the one before it. */
  #free = -1;
  #rowCount = 0;
  #size = 0;

  constructor(
    readonly family: Family,
    /** Told when there is room for more rows: columns beside these have to grow too. */
    private readonly grow: (capacity: number) => void,
  ) {
    this.#perAddress = wordsPerAddress(family);
    this.words = new Uint32Array(FIRST_ROWS * this.#perAddress);
    this.prefixLengths = new Uint8Array(FIRST_ROWS);
    grow(FIRST_ROWS);
  }

  /** Rows that have a number, removed ones among them. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Addresses. */
  get size(): number {
    return this.#size;
  }

  /** Whether the row holds an address. */
  isUsed(row: number): boolean {
    return row < this.#rowCount && this.prefixLengths[row] !== REMOVED;
  }

  /** @returns -1 where the address is not there */
  find(words: Uint32Array, offset: number, prefixLength: number): number {
    const hash = this.#hash(words, offset, prefixLength);
    const slots = this.#part(hash & (PARTS - 1));
    const mask = slots.length - 1;
    for (let slot = (hash >>> 6) & mask; ; slot = (slot + 1) & mask) {
      const found = slots[slot] ?? NEVER_USED;
      if (found === NEVER_USED) return -1;
      if (found !== DELETED && this.#isAt(found - 1, words, offset, prefixLength)) return found - 1;
    }
  }

  /** Adds an address that is not there. @returns its row */
  add(words: Uint32Array, offset: number, prefixLength: number): number {
    const row = this.#takeRow();
    const base = row * this.#perAddress;
    for (let part = 0; part < this.#perAddress; part++) {
      this.words[base + part] = words[offset + part] ?? 0;
    }
    this.prefixLengths[row] = prefixLength;
    const hash = this.#hash(words, offset, prefixLength);
    const part = hash & (PARTS - 1);
    if (4 * ((this.#used[part] ?? 0) + 1) > 3 * this.#part(part).length) this.#rebuild(part);
    this.#put(part, hash, row);
    this.#live[part] = (this.#live[part] ?? 0) + 1;
    this.#size += 1;
    return row;
  }

  remove(row: number): void {
    const hash = this.#hashOf(row);
    const part = hash & (PARTS - 1);
    const slots = this.#part(part);
    const mask = slots.length - 1;
    let slot = (hash >>> 6) & mask;
    while (slots[slot] !== row + 1) slot = (slot + 1) & mask;
    slots[slot] = DELETED;
    this.#live[part] = (this.#live[part] ?? 0) - 1;
    this.words[row * this.#perAddress] = this.#free + 1;
    this.prefixLengths[row] = REMOVED;
    this.#free = row;
    this.#size -= 1;
  }

  #takeRow(): number {
    if (this.#free >= 0) {
      const row = this.#free;
      this.#free = (this.words[row * this.#perAddress] ?? 0) - 1;
      return row;
    }
    const row = this.#rowCount;
    if (row === this.prefixLengths.length) {
      const capacity = 2 * row;
      const words = new Uint32Array(capacity * this.#perAddress);
      words.set(this.words);
      this.words = words;
      const prefixLengths = new Uint8Array(capacity);
      prefixLengths.set(this.prefixLengths);
      this.prefixLengths = prefixLengths;
      this.grow(capacity);
    }
    this.#rowCount += 1;
    return row;
  }

  #part(part: number): Int32Array {
    const slots = this.#slots[part];
    if (slots === undefined) throw new RangeError(`no part ${String(part)}`);
    return slots;
  }

  #isAt(row: number, words: Uint32Array, offset: number, prefixLength: number): boolean {
    if (this.prefixLengths[row] !== prefixLength) return false;
    const base = row * this.#perAddress;
    for (let part = 0; part < this.#perAddress; part++) {
      if (this.words[base + part] !== words[offset + part]) return false;
    }
    return true;
  }

  #put(part: number, hash: number, row: number): void {
    const slots = this.#part(part);
    const mask = slots.length - 1;
    let slot = (hash >>> 6) & mask;
    while ((slots[slot] ?? 0) > NEVER_USED) slot = (slot + 1) & mask;
    if (slots[slot] === NEVER_USED) this.#used[part] = (this.#used[part] ?? 0) + 1;
    slots[slot] = row + 1;
  }

  /** Twice as large, or as large as before where deleted slots have filled it. */
  #rebuild(part: number): void {
    const before = this.#part(part);
    const live = this.#live[part] ?? 0;
    this.#slots[part] = new Int32Array(2 * live >= before.length ? 2 * before.length : before.length);
    this.#used[part] = 0;
    for (const found of before) {
      if (found > NEVER_USED) this.#put(part, this.#hashOf(found - 1), found - 1);
    }
  }

  #hashOf(row: number): number {
    return this.#hash(this.words, row * this.#perAddress, this.prefixLengths[row] ?? 0);
  }

  #hash(words: Uint32Array, offset: number, prefixLength: number): number {
    let hash = SEED ^ prefixLength;
    for (let part = 0; part < this.#perAddress; part++) hash = mix(hash ^ (words[offset + part] ?? 0));
    return hash >>> 0;
  }
}

/** Spreads 32 bits over 32 bits: each of them bears on every other. */
function mix(number: number): number {
  let hash = Math.imul(number ^ (number >>> 16), 0x7feb352d);
  hash = Math.imul(hash ^ (hash >>> 15), 0x846ca68b);
  return hash ^ (hash >>> 16);
}
