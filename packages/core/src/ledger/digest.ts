import { BUCKETS, BUCKETS_PER_GROUP, GROUPS, type HashLanes } from '../lease/item-hash.js';

// Looked up once: where a test runner stands in for the global object, a look costs more than the rest.
const { imul } = Math;

/** Two unsigned numbers of 32 bits. */
export type Lanes = readonly [number, number];

/** Sums of the item hashes of one set, both families together, by bucket of the address space. */
export class Digest {
  readonly #whole = new Int32Array(2);
  readonly #groups = new Int32Array(2 * GROUPS);
  readonly #buckets = new Int32Array(2 * BUCKETS);

  get whole(): Lanes {
    return lanesAt(this.#whole, 0);
  }

  /** @param group 0 to 63 */
  group(group: number): Lanes {
    return lanesAt(this.#groups, group);
  }

  /** @param bucket 0 to 63, within its group */
  bucket(group: number, bucket: number): Lanes {
    return lanesAt(this.#buckets, BUCKETS_PER_GROUP * group + bucket);
  }

  /**
   * Adds an item's hash, or takes it out.
   * @param bucket 0 to 4095
   */
  count(bucket: number, item: HashLanes, by: 1 | -1): void {
    const first = imul(item[0] ?? 0, by);
    const second = imul(item[1] ?? 0, by);
    addAt(this.#whole, 0, first, second);
    addAt(this.#groups, bucket >>> 6, first, second);
    addAt(this.#buckets, bucket, first, second);
  }
}

function addAt(sums: Int32Array, place: number, first: number, second: number): void {
  sums[2 * place] = ((sums[2 * place] ?? 0) + first) | 0;
  sums[2 * place + 1] = ((sums[2 * place + 1] ?? 0) + second) | 0;
}

function lanesAt(sums: Int32Array, place: number): Lanes {
  return [(sums[2 * place] ?? 0) >>> 0, (sums[2 * place + 1] ?? 0) >>> 0];
}
