import type { Family } from '../address/address.js';
import type { SetName } from '../words/names.js';
import { EntryBatch } from './entry-batch.js';

/** The entries of one set: a batch for each family, made when the first entry comes. */
export class SetBatches {
  #ipv4: EntryBatch | undefined;
  #ipv6: EntryBatch | undefined;

  /** @param capacity see `EntryBatches` */
  constructor(
    readonly set: SetName,
    private readonly capacity?: number,
  ) {}

  /** The batch of a family, made where it is missing. */
  of(family: Family): EntryBatch {
    return family === 'ipv4'
      ? (this.#ipv4 ??= new EntryBatch('ipv4', this.capacity))
      : (this.#ipv6 ??= new EntryBatch('ipv6', this.capacity));
  }

  /** Entries of a family; 0 where it has no batch. */
  lengthOf(family: Family): number {
    return (family === 'ipv4' ? this.#ipv4 : this.#ipv6)?.length ?? 0;
  }
}

const FAMILIES = ['ipv4', 'ipv6'] as const;

/** Entries by set and family, as they are read from the messages that arrived together. */
export class EntryBatches {
  readonly #sets = new Map<SetName, SetBatches>();

  /** @param capacity entries of a set and family that there is room for at first; more make room. Default 16 */
  constructor(private readonly capacity?: number) {}

  /** The batches of a set, made where they are missing. */
  of(set: SetName): SetBatches {
    let batches = this.#sets.get(set);
    if (batches === undefined) {
      batches = new SetBatches(set, this.capacity);
      this.#sets.set(set, batches);
    }
    return batches;
  }

  /** Entries in all. */
  get length(): number {
    let length = 0;
    for (const { batch } of this) length += batch.length;
    return length;
  }

  /** Those that hold an entry: sets in the order in which they came, IPv4 before IPv6. */
  *[Symbol.iterator](): Generator<{ readonly set: SetName; readonly batch: EntryBatch }> {
    for (const batches of this.#sets.values()) {
      for (const family of FAMILIES) {
        if (batches.lengthOf(family) === 0) continue;
        yield { set: batches.set, batch: batches.of(family) };
      }
    }
  }
}
