import type { Family } from '../address/address.js';

const BLOCKS = 65_536;

/**
 * How much of its family's address space a set covers, at most: a ban of the Internet in 65,536
 * pieces is one all the same, though each piece is narrow enough.
 *
 * Keeps a sum for each block of 2^16 addresses (IPv6: each /16), of the prefixes inside, and counts
 * no block for more than it is. Prefixes in one another count twice within a block: what comes out is
 * never less than the truth. Some nanoseconds a change; 512 KiB once there is a first.
 *
 * Units are addresses for IPv4, /48 networks for IPv6, where what is narrower counts as a whole one:
 * so every sum is a whole number below 2^53, and what is removed is gone exactly.
 */
export class Cover {
  readonly family: Family;
  /** Prefixes of this length, or longer, are one unit. */
  readonly #unitLength: number;
  readonly #blockSize: number;
  readonly #space: number;
  #sums: Float64Array | undefined;
  #total = 0;
  /** What `warm` has read: a compiler leaves out what is for nothing. */
  warmed = 0;

  constructor(family: Family) {
    this.family = family;
    this.#unitLength = family === 'ipv4' ? 32 : 48;
    this.#blockSize = 2 ** (this.#unitLength - 16);
    // Of IPv6, 2000::/3: nothing else is given out, and of all 2^128 it is an eighth.
    this.#space = family === 'ipv4' ? 2 ** 32 : 2 ** 45;
  }

  /** 0 to 1: the part of all IPv4 addresses, or of the global IPv6 ones (2000::/3). */
  get share(): number {
    return Math.min(1, this.#total / this.#space);
  }

  /**
   * Counts a prefix in.
   *
   * @param word0 the address's first 32 bits as an unsigned number; host bits do not matter
   * @param prefixLength 0 to 32 for IPv4, 0 to 128 for IPv6
   */
  add(word0: number, prefixLength: number): void {
    this.#change(word0, prefixLength, 1);
  }

  /** The inverse of `add`, for what was added. */
  remove(word0: number, prefixLength: number): void {
    this.#change(word0, prefixLength, -1);
  }

  /** Reads what `add` is about to change, [from, to) of such addresses: see `AddressIndex.warm`. */
  warm(words: Uint32Array, wordsPerAddress: number, from: number, to: number): void {
    const sums = this.#sums;
    if (sums === undefined) return;
    let sum = 0;
    for (let index = from; index < to; index++) {
      sum += sums[(words[index * wordsPerAddress] ?? 0) >>> 16] ?? 0;
    }
    this.warmed = sum;
  }

  /** Takes everything out. */
  clear(): void {
    this.#sums = undefined;
    this.#total = 0;
  }

  /**
   * Whether adding this would cover more, and more than so much then. What is covered in full
   * already is no more.
   *
   * @param maxShare 0 to 1; 1 is no limit
   */
  wouldExceed(word0: number, prefixLength: number, maxShare: number): boolean {
    if (maxShare >= 1) return false;
    const limit = maxShare * this.#space;
    // The usual case: far from the limit, whatever it adds.
    const size = this.#sizeOf(prefixLength);
    if (this.#total + size <= limit) return false;
    const gain = this.#gain(word0, prefixLength, size);
    return gain > 0 && this.#total + gain > limit;
  }

  #change(word0: number, prefixLength: number, sign: 1 | -1): void {
    const sums = (this.#sums ??= new Float64Array(BLOCKS));
    const full = this.#blockSize;
    const within = sign * atMost(full, this.#sizeOf(prefixLength));
    const first = firstBlock(word0, prefixLength);
    const end = first + blocksOf(prefixLength);
    for (let block = first; block < end; block++) {
      const before = sums[block] ?? 0;
      const after = before + within;
      sums[block] = after;
      this.#total += atMost(full, after) - atMost(full, before);
    }
  }

  #gain(word0: number, prefixLength: number, size: number): number {
    if (this.#sums === undefined) return size;
    const full = this.#blockSize;
    const within = atMost(full, size);
    const first = firstBlock(word0, prefixLength);
    const end = first + blocksOf(prefixLength);
    let gain = 0;
    for (let block = first; block < end; block++) {
      gain += atMost(within, full - atMost(full, this.#sums[block] ?? 0));
    }
    return gain;
  }

  #sizeOf(prefixLength: number): number {
    return prefixLength >= this.#unitLength ? 1 : 2 ** (this.#unitLength - prefixLength);
  }
}

function atMost(most: number, value: number): number {
  return value < most ? value : most;
}

function firstBlock(word0: number, prefixLength: number): number {
  const block = word0 >>> 16;
  return prefixLength >= 16 ? block : block & (0xffff << (16 - prefixLength)) & 0xffff;
}

function blocksOf(prefixLength: number): number {
  return prefixLength >= 16 ? 1 : 2 ** (16 - prefixLength);
}
