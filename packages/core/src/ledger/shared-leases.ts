import type { Lease } from '../lease/lease.js';

/**
 * Gives bans that came with the same words the same leases: in a flood nearly all are alike, and
 * what is kept once needs no memory for each.
 */
export class SharedLeases {
  #last: readonly [Lease] | undefined;

  /** @returns the lease alone in a list, to be read only */
  of(lease: Lease): readonly [Lease] {
    const last = this.#last?.[0];
    if (
      this.#last !== undefined &&
      last?.until === lease.until &&
      last.origin === lease.origin &&
      last.reason === lease.reason
    ) {
      return this.#last;
    }
    this.#last = [lease];
    return this.#last;
  }
}
