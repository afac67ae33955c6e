import { wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import { AddressIndex, type IndexedRows } from '../ledger/address-index.js';
import { SeededHash } from '../ledger/seeded-hash.js';

const FIRST_ROWS = 64;
/** Addresses that are looked up in the index side by side. */
const TOGETHER = 256;
/** The prefix length of a removed row. */
const REMOVED = 255;

/** A table of other make, which has each of its addresses in one row. */
export interface IndexedTable {
  readonly rowCount: number;
  /** Some row came free, and may be another address's by now. */
  readonly hasFreed: boolean;
  copyIndex(rows: IndexedRows): { readonly index: AddressIndex; readonly hash: SeededHash };
}

/**
 * Addresses in rows. A row keeps its number until it is removed; then the number is given to another
 * address.
 */
export class AddressTable implements IndexedRows {
  words: Uint32Array;
  prefixLengths: Uint8Array;
  readonly #perAddress: 1 | 4;
  #hash = new SeededHash();
  #index: AddressIndex;
  /** False while rows are made by `makeAt` only: the index has none of them. */
  #isIndexed = true;
  /** The row removed last; of a removed row `words` tells the one before it, plus one. */
  #free = -1;
  #rowCount = 0;
  #hashes: Int32Array | undefined;
  #size = 0;

  /** @param grow told when there is room for more rows: columns beside these have to grow too */
  constructor(
    readonly family: Family,
    private readonly grow: (capacity: number) => void,
  ) {
    this.#perAddress = wordsPerAddress(family);
    this.#index = new AddressIndex(this);
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

  /** What the rows hold; take it anew when rows were made. Of a removed row it tells nothing. */
  get columns(): AddressColumns {
    const { family, words, prefixLengths } = this;
    return { family, length: this.#rowCount, words, prefixLengths };
  }

  /** Whether the row holds an address. */
  isUsed(row: number): boolean {
    return row < this.#rowCount && this.prefixLengths[row] !== REMOVED;
  }

  /**
   * Has the index fetch what `find` and `make` are about to ask for, of addresses [from, to): see
   * `AddressIndex.warm`.
   */
  warm(words: Uint32Array, prefixLengths: Uint8Array, from: number, to: number): void {
    if (!this.#isIndexed) return;
    const hashes = (this.#hashes ??= new Int32Array(TOGETHER));
    for (let start = from; start < to; start += TOGETHER) {
      const count = Math.min(TOGETHER, to - start);
      for (let index = 0; index < count; index++) {
        const row = start + index;
        const offset = row * this.#perAddress;
        hashes[index] = this.#hash.of(words, offset, this.#perAddress, prefixLengths[row] ?? 0);
      }
      this.#index.warm(hashes, count);
    }
  }

  /** @returns -1 where the address is not there */
  find(words: Uint32Array, offset: number, prefixLength: number): number {
    if (!this.#isIndexed) this.#indexAll();
    const hash = this.#hash.of(words, offset, this.#perAddress, prefixLength);
    return this.#index.find(hash, words, offset, prefixLength);
  }

  /** @returns the row of an address, made where it is missing */
  make(words: Uint32Array, offset: number, prefixLength: number): number {
    if (!this.#isIndexed) this.#indexAll();
    const hash = this.#hash.of(words, offset, this.#perAddress, prefixLength);
    const found = this.#index.find(hash, words, offset, prefixLength);
    if (found >= 0) return found;
    const row = this.#add(words, offset, prefixLength);
    this.#index.add(hash, row);
    return row;
  }

  /**
   * `make` of an address that another table, none of whose rows came free, has in this row. Where all
   * rows so far were made like that, and in their order, this one has the same rows: nothing is looked
   * for, and nothing indexed until `indexLike`, or until something else is asked for.
   */
  makeAt(row: number, words: Uint32Array, offset: number, prefixLength: number): number {
    if (row === this.#rowCount && (row === 0 || !this.#isIndexed)) {
      this.#isIndexed = false;
      return this.#add(words, offset, prefixLength);
    }
    const isThere = row >= 0 && row < this.#rowCount && this.isAt(row, words, offset, prefixLength);
    return isThere ? row : this.make(words, offset, prefixLength);
  }

  /** Behind `makeAt`: where the rows are the other table's, its index is copied. */
  indexLike(other: IndexedTable): void {
    if (this.#isIndexed) return;
    if (other.hasFreed || this.#rowCount !== other.rowCount) {
      this.#indexAll();
      return;
    }
    const { index, hash } = other.copyIndex(this);
    this.#index = index;
    this.#hash = hash;
    this.#isIndexed = true;
  }

  /** Makes room for so many rows and an eighth, where there is less. */
  reserve(rows: number): void {
    if (rows > this.prefixLengths.length) this.#grow(rows + Math.ceil(rows / 8));
  }

  remove(row: number): void {
    if (!this.#isIndexed) this.#indexAll();
    this.#index.remove(this.hashOf(row), row);
    this.words[row * this.#perAddress] = this.#free + 1;
    this.prefixLengths[row] = REMOVED;
    this.#free = row;
    this.#size -= 1;
  }

  hashOf(row: number): number {
    const offset = row * this.#perAddress;
    return this.#hash.of(this.words, offset, this.#perAddress, this.prefixLengths[row] ?? 0);
  }

  isAt(row: number, words: Uint32Array, offset: number, prefixLength: number): boolean {
    if (this.prefixLengths[row] !== prefixLength) return false;
    const base = row * this.#perAddress;
    for (let part = 0; part < this.#perAddress; part++) {
      if (this.words[base + part] !== words[offset + part]) return false;
    }
    return true;
  }

  #indexAll(): void {
    this.#isIndexed = true;
    for (let row = 0; row < this.#rowCount; row++) this.#index.add(this.hashOf(row), row);
  }

  #add(words: Uint32Array, offset: number, prefixLength: number): number {
    const row = this.#takeRow();
    const base = row * this.#perAddress;
    for (let part = 0; part < this.#perAddress; part++) {
      this.words[base + part] = words[offset + part] ?? 0;
    }
    this.prefixLengths[row] = prefixLength;
    this.#size += 1;
    return row;
  }

  #takeRow(): number {
    if (this.#free >= 0) {
      const row = this.#free;
      this.#free = (this.words[row * this.#perAddress] ?? 0) - 1;
      return row;
    }
    const row = this.#rowCount;
    if (row === this.prefixLengths.length) this.#grow(2 * row);
    this.#rowCount += 1;
    return row;
  }

  #grow(capacity: number): void {
    const words = new Uint32Array(capacity * this.#perAddress);
    words.set(this.words);
    this.words = words;
    const prefixLengths = new Uint8Array(capacity);
    prefixLengths.set(this.prefixLengths);
    this.prefixLengths = prefixLengths;
    this.grow(capacity);
  }
}
