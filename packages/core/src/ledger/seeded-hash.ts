import { randomFillSync } from 'node:crypto';
import { spread } from '../lease/item-hash.js';

// Looked up once: where a test runner stands in for the global object, a look costs more than the rest.
const { imul } = Math;

// An IPv6 address is eight halves of 32-bit words, and a prefix length.
const KEYS = 9;

/**
 * A hash of addresses that is another one in each process, so that nobody can choose addresses that
 * fall into one place of its tables. Multiplying half words by random numbers and keeping the upper
 * half is universal: two given addresses meet with a chance of 2⁻³², whatever they are. Hashes that
 * only start from a random number do not have that: which addresses meet does not depend on it.
 */
export class SeededHash {
  readonly #upper: Int32Array;
  readonly #lower: Int32Array;

  constructor(seeds: Int32Array = randomFillSync(new Int32Array(2 * KEYS))) {
    this.#upper = seeds.subarray(0, KEYS);
    this.#lower = seeds.subarray(KEYS, 2 * KEYS);
  }

  /** @returns 32 bits, signed */
  of(words: Uint32Array, offset: number, length: number, prefixLength: number): number {
    const upperKeys = this.#upper;
    const lowerKeys = this.#lower;
    let upper = imul(upperKeys[8] ?? 0, prefixLength);
    let lower = imul(lowerKeys[8] ?? 0, prefixLength);
    for (let index = 0; index < length; index++) {
      const word = words[offset + index] ?? 0;
      const high = word >>> 16;
      const low = word & 0xffff;
      upper += imul(upperKeys[2 * index] ?? 0, high);
      upper = (upper + imul(upperKeys[2 * index + 1] ?? 0, low)) | 0;
      lower += imul(lowerKeys[2 * index] ?? 0, high);
      lower = (lower + imul(lowerKeys[2 * index + 1] ?? 0, low)) | 0;
    }
    return spread((upper & 0xffff_0000) | (lower >>> 16));
  }
}
