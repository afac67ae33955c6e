import { BUCKETS, BUCKETS_PER_GROUP, GROUPS } from '../lease/item-hash.js';

/** Two unsigned numbers of 32 bits. */
export type Lanes = readonly [number, number];

/** Sums of the item hashes of one set, both families together, by bucket of the address space. */
export class Digest {
  readonly #whole = new Uint32Array(2);
  readonly #groups = new Uint32Array(2 * GROUPS);
  readonly #buckets = new Uint32Array(2 * BUCKETS);

  get whole(): Lanes {
    return lanesAt(this.#whole, 0);
  }

  /** @param group 0…63 */
  group(group: number): Lanes {
    return lanesAt(this.#groups, group);
  }

  /** @param bucket 0…63, within its group */
  bucket(group: number, bucket: number): Lanes {
    return lanesAt(this.#buckets, BUCKETS_PER_GROUP * group + bucket);
  }

  /** @param bucket 0…4095 */
  add(bucket: number, first: number, second: number): void {
    this.#addTo(this.#whole, 0, first, second);
    this.#addTo(this.#groups, bucket >>> 6, first, second);
    this.#addTo(this.#buckets, bucket, first, second);
  }

  subtract(bucket: number, first: number, second: number): void {
    this.add(bucket, -first, -second);
  }

  // What is written to a Uint32Array is taken modulo 2³².
  #addTo(sums: Uint32Array, place: number, first: number, second: number): void {
    sums[2 * place] = (sums[2 * place] ?? 0) + first;
    sums[2 * place + 1] = (sums[2 * place + 1] ?? 0) + second;
  }
}

function lanesAt(sums: Uint32Array, place: number): Lanes {
  return [sums[2 * place] ?? 0, sums[2 * place + 1] ?? 0];
}
