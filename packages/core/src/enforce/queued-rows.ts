import { addressAt, type AddressColumns } from '../address/address-columns.js';
import { FLAG } from '../plan/set-plan.js';
import type { RowVerdict } from './row-verdict.js';
import { Telling, type Audience } from './telling.js';
import type { Upkeep } from './upkeep.js';

/** Rows that nobody has asked for at this moment: time, policy, room or the set itself have changed. */
export interface QueuedRows {
  readonly rows: Int32Array;
  /** Indexes of bans whose time is over, and which the set would keep. */
  readonly ended: readonly number[];
  /** Their addresses: a row may be another one's when it is told. */
  readonly endedAddresses: AddressColumns;
}

/** Takes the first rows of the queue, so many at most. */
export function takeQueued({ queue, plan }: Upkeep, most: number): QueuedRows {
  const rows = new Int32Array(Math.min(most, queue.length));
  const ended: number[] = [];
  for (let index = 0; index < rows.length; index++) {
    const row = queue.shift();
    rows[index] = row;
    if (plan.has(row, FLAG.ENDED)) ended.push(index);
    plan.unmark(row, FLAG.QUEUED | FLAG.ENDED);
  }
  const endings = Int32Array.from(ended, (index) => rows[index] ?? -1);
  return { rows, ended, endedAddresses: plan.addresses(endings, endings.length) };
}

/** Tells of the bans that are over and that were taken out of the set. */
export function tellEnded(
  upkeep: Upkeep,
  { ended, endedAddresses }: QueuedRows,
  verdicts: readonly RowVerdict[],
  audience: Audience,
): void {
  if (ended.length === 0) return;
  const target = upkeep.target;
  const set = target.ok ? target.value : upkeep.set;
  const done = [...ended.keys()].filter((at) => verdicts[ended[at] ?? -1] === 'deleted');
  const telling = new Telling('ledger', set, done.length, audience, 'entry');
  for (const at of done) {
    if (!telling.wants('ended', 'ban')) continue;
    const address = addressAt(endedAddresses, at).text;
    telling.tell({ via: 'ledger', set, address, outcome: 'ended' }, 0);
  }
}
