import type { Family } from '../address/address.js';
import type { SetName } from '../words/names.js';
import { FAMILIES, type SetCare } from './set-care.js';
import type { SetMinder } from './set-minder.js';

/** Every set that bans were asked for in, a minder a family; sets that are bound no more stay. */
export class Minders {
  readonly #bySet = new Map<SetName, Record<Family, SetMinder>>();

  constructor(
    private readonly care: SetCare,
    private readonly make: (set: SetName, family: Family) => SetMinder,
  ) {}

  of(set: SetName, family: Family): SetMinder {
    let minders = this.#bySet.get(set);
    if (minders === undefined) {
      minders = { ipv4: this.make(set, 'ipv4'), ipv6: this.make(set, 'ipv6') };
      this.#bySet.set(set, minders);
    }
    return minders[family];
  }

  *all(): Generator<SetMinder> {
    for (const minders of this.#bySet.values()) yield* Object.values(minders);
  }

  /** Of the sets that are bound now. */
  *bound(): Generator<SetMinder> {
    for (const set of this.care.sets) {
      for (const family of FAMILIES) yield this.of(set, family);
    }
  }

  /** True while a call for one of the sets takes so long that it may never end. Asked after each batch. */
  get anyHangs(): boolean {
    for (const { ipv4, ipv6 } of this.#bySet.values()) {
      if (ipv4.worker.hangs || ipv6.worker.hangs) return true;
    }
    return false;
  }

  /** Entries that have no verdict yet. */
  get pending(): number {
    let sum = 0;
    for (const { worker } of this.all()) sum += worker.pending;
    return sum;
  }
}
