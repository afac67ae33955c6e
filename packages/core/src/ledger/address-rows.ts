import type { Family } from '../address/address.js';
import { wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import { bucketOf, hashAddress, hashLanes, type HashLanes } from '../lease/item-hash.js';
import { AddressIndex, type IndexedRows } from './address-index.js';
import { GrowingArray } from './growing-array.js';
import type { SeededHash } from './seeded-hash.js';

const FIRST_CAPACITY = 64;
const CHUNK_BITS = 12;
const CHUNK_ROWS = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_ROWS - 1;

/** Of fewer addresses each is looked for as it comes. */
const WORTH_WARMING = 16;

/** No row. */
export const NONE = -1;

/** The bucket of a free row. */
export const NO_BUCKET = 0xffff;

/** What is known of each address beside itself. */
class AddressChunk {
  /** First of its registers, `NONE` where it has none; of a free row: the next free row. */
  readonly firsts = new Int32Array(CHUNK_ROWS);
  /** Of the digest, or `NO_BUCKET`. */
  readonly buckets = new Uint16Array(CHUNK_ROWS);
  readonly liveLeases = new Uint16Array(CHUNK_ROWS);
}

const NO_CHUNK = /* @__PURE__ */ new AddressChunk();

/** The addresses of a page, each in a row that stays its own until it is freed. */
export class AddressRows implements IndexedRows {
  /** Rows beyond this one were never used. */
  rowCount = 0;
  /** Some row has been another address's: not all of them are in the order in which addresses came. */
  hasFreed = false;
  readonly perAddress: 1 | 4;
  readonly #words: GrowingArray<Uint32Array>;
  readonly #prefixLengths: GrowingArray<Uint8Array>;
  readonly #hash: SeededHash;
  readonly #index: AddressIndex;
  readonly #chunks: AddressChunk[] = [];
  /** What the digest makes of the address that was added last, and its row. */
  readonly #lanes = hashLanes();
  #hashed = NONE;
  #free = NONE;

  constructor(family: Family, hash: SeededHash) {
    this.perAddress = wordsPerAddress(family);
    this.#words = new GrowingArray(
      (length) => new Uint32Array(length),
      FIRST_CAPACITY * this.perAddress,
    );
    this.#prefixLengths = new GrowingArray((length) => new Uint8Array(length), FIRST_CAPACITY);
    this.#hash = hash;
    this.#index = new AddressIndex(this);
  }

  /** Of all rows, as in `AddressColumns`. Replaced when it grows. */
  get words(): Uint32Array {
    return this.#words.values;
  }

  get prefixLengths(): Uint8Array {
    return this.#prefixLengths.values;
  }

  get byteLength(): number {
    const perChunk = CHUNK_ROWS * (4 + 2 + 2);
    return (
      this.#words.byteLength +
      this.#prefixLengths.byteLength +
      this.#chunks.length * perChunk +
      this.#index.byteLength
    );
  }

  /** The hash that `find` and `add` want. */
  hash(words: Uint32Array, offset: number, prefixLength: number): number {
    return this.#hash.of(words, offset, this.perAddress, prefixLength);
  }

  /**
   * The hashes of addresses [from, to), and where they are many, has the index fetch what `find` is
   * about to ask for.
   */
  hashAll(
    { words, prefixLengths }: Pick<AddressColumns, 'words' | 'prefixLengths'>,
    from: number,
    to: number,
    hashes: Int32Array,
  ): void {
    for (let index = from; index < to; index++) {
      const offset = this.perAddress * index;
      hashes[index - from] = this.hash(words, offset, prefixLengths[index] ?? 0);
    }
    if (to - from >= WORTH_WARMING) this.#index.warm(hashes, to - from);
  }

  find(hash: number, words: Uint32Array, offset: number, prefixLength: number): number {
    return this.#index.find(hash, words, offset, prefixLength);
  }

  /** Gives a row to an address that has none. */
  add(hash: number, words: Uint32Array, offset: number, prefixLength: number): number {
    const row = this.#takeRow(words, offset, prefixLength);
    const { perAddress } = this;
    hashAddress(words, offset, perAddress, prefixLength, this.#lanes);
    this.#hashed = row;
    const chunk = this.#chunk(row);
    const at = row & CHUNK_MASK;
    chunk.firsts[at] = NONE;
    chunk.buckets[at] = bucketOf(this.#lanes);
    chunk.liveLeases[at] = 0;
    this.#index.add(hash, row);
    return row;
  }

  /** The hash by which the digest knows an address. To be copied: the next `add` overwrites it. */
  digestHash(row: number): HashLanes {
    if (row !== this.#hashed) {
      const { perAddress } = this;
      const prefixLength = this.prefixLengths[row] ?? 0;
      hashAddress(this.words, perAddress * row, perAddress, prefixLength, this.#lanes);
      this.#hashed = row;
    }
    return this.#lanes;
  }

  /** An index for other rows, which have the same addresses under the same numbers, and its hash. */
  copyIndex(rows: IndexedRows): { readonly index: AddressIndex; readonly hash: SeededHash } {
    return { index: this.#index.copy(rows), hash: this.#hash };
  }

  /** Makes room for so many addresses, where there is none yet. */
  reserve(addresses: number): void {
    this.#index.reserve(addresses);
    this.#words.reserve(addresses * this.perAddress);
    this.#prefixLengths.reserve(addresses);
  }

  free(row: number): void {
    if (row === this.#hashed) this.#hashed = NONE;
    this.hasFreed = true;
    this.#index.remove(this.#hashOf(row), row);
    const chunk = this.#chunk(row);
    chunk.firsts[row & CHUNK_MASK] = this.#free;
    chunk.buckets[row & CHUNK_MASK] = NO_BUCKET;
    chunk.liveLeases[row & CHUNK_MASK] = 0;
    this.#free = row;
  }

  first(row: number): number {
    return this.#chunk(row).firsts[row & CHUNK_MASK] ?? NONE;
  }

  setFirst(row: number, register: number): void {
    this.#chunk(row).firsts[row & CHUNK_MASK] = register;
  }

  bucket(row: number): number {
    return this.#chunk(row).buckets[row & CHUNK_MASK] ?? 0;
  }

  liveLeases(row: number): number {
    return this.#chunks[row >>> CHUNK_BITS]?.liveLeases[row & CHUNK_MASK] ?? 0;
  }

  /** @returns how many it has now */
  addLiveLease(row: number, by: 1 | -1): number {
    const { liveLeases } = this.#chunk(row);
    const leases = (liveLeases[row & CHUNK_MASK] ?? 0) + by;
    liveLeases[row & CHUNK_MASK] = leases;
    return leases;
  }

  #hashOf(row: number): number {
    return this.hash(this.words, this.perAddress * row, this.prefixLengths[row] ?? 0);
  }

  isAt(row: number, words: Uint32Array, offset: number, prefixLength: number): boolean {
    if (this.prefixLengths[row] !== prefixLength) return false;
    const start = this.perAddress * row;
    for (let index = 0; index < this.perAddress; index++) {
      if (this.words[start + index] !== words[offset + index]) return false;
    }
    return true;
  }

  #takeRow(words: Uint32Array, offset: number, prefixLength: number): number {
    const { perAddress } = this;
    if (this.#free !== NONE) {
      const row = this.#free;
      this.#free = this.first(row);
      for (let index = 0; index < perAddress; index++) {
        this.#words.set(perAddress * row + index, words[offset + index] ?? 0);
      }
      this.#prefixLengths.set(row, prefixLength);
      return row;
    }
    const row = this.rowCount;
    this.rowCount = row + 1;
    for (let index = 0; index < perAddress; index++) this.#words.append(words[offset + index] ?? 0);
    this.#prefixLengths.append(prefixLength);
    if (row >>> CHUNK_BITS === this.#chunks.length) this.#chunks.push(new AddressChunk());
    return row;
  }

  #chunk(row: number): AddressChunk {
    // A row that was given out has its chunk.
    return this.#chunks[row >>> CHUNK_BITS] ?? NO_CHUNK;
  }
}
