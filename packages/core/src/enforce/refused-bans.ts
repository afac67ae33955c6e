import { addressTextAt } from '../address/address-columns.js';
import type { AddressText } from '../address/address.js';
import type { RefusalReason } from '../policy/refusal-reason.js';
import type { Clock } from '../system/clock.js';
import { TimeSlice } from '../system/time-slice.js';
import type { BoundReason } from './report.js';
import type { Upkeep } from './upkeep.js';

/** Bans that the ledger holds and this node does not enforce, by the reason. */
export interface RefusedCount {
  readonly code: RefusalReason | BoundReason;
  readonly count: number;
  /** One of them. */
  readonly example?: AddressText;
}

/** Finding out why takes a look at every ban of the ledger. */
const EVERY_MS = 60_000;
const STRIDE = 512;
/** Of more than these, the reasons of the first are told. */
const MOST_LOOKED_AT = 10_000;

/** Counts why bans are not enforced here: now and then, and where their number has changed. */
export class RefusedBans {
  counts: readonly RefusedCount[] = [];
  #againAtMs = -Infinity;

  constructor(
    private readonly upkeep: Upkeep,
    private readonly clock: Clock,
  ) {}

  async countWhereDue(): Promise<void> {
    const { refused } = this.upkeep;
    const nowMs = this.clock.nowMs();
    if (refused === 0) {
      this.counts = [];
      return;
    }
    // The first are told soon.
    if (this.counts.length > 0 && nowMs < this.#againAtMs) return;
    this.#againAtMs = nowMs + EVERY_MS;
    this.counts = await count(this.upkeep);
  }
}

async function count(upkeep: Upkeep): Promise<RefusedCount[]> {
  const { page } = upkeep;
  const found = new Map<RefusedCount['code'], { count: number; example: AddressText }>();
  const slice = new TimeSlice();
  let looked = 0;
  // What waits for a quorum is no fault, and may be most of what there is.
  const most = upkeep.ends.move ? Infinity : MOST_LOOKED_AT;
  for (let head = 0; head < page.rowCount && looked < most; head++) {
    if (head % STRIDE === 0 && slice.isOver) await slice.breathe();
    if (!page.isBan(head)) continue;
    const { columns } = page;
    if (upkeep.followed(columns, head) !== 0) continue;
    looked += 1;
    const code = upkeep.refusal(columns, head)?.code;
    if (code === undefined) continue;
    const known = found.get(code);
    if (known === undefined) found.set(code, { count: 1, example: addressTextAt(columns, head) });
    else known.count += 1;
  }
  return [...found].map(([code, told]) => ({ code, ...told }));
}
