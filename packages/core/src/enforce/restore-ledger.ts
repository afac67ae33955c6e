import type { AddressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import type { Journal } from '../journal/journal.js';
import type { Ledger } from '../ledger/ledger.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { UNBAN } from '../message/entry-columns.js';
import { FLAG } from '../plan/set-plan.js';
import type { Clock } from '../system/clock.js';
import type { SetName } from '../words/names.js';
import { nowUnix } from './now-unix.js';
import { NOT_ALLOWED, type Upkeep } from './upkeep.js';

/** Addresses that are looked up side by side. */
const TOGETHER = 256;

export type FindUpkeep = (set: SetName, family: Family) => Upkeep;

export interface Restored {
  /** Those that have read of a ban that is not allowed any more. */
  readonly refusing: ReadonlySet<Upkeep>;
  /** Some entry is marked as `ENDED`. */
  readonly hasEnded: boolean;
  /** Unix milliseconds; 0: there was nothing. */
  readonly latestStamp: number;
}

/**
 * Reads the journal: leases into the ledger, and into the plans what is wanted, and which entries the
 * kernel sets may hold by us. Whether they do is found out by whoever looks through the sets.
 */
export async function restoreLedger(
  journal: Journal,
  ledger: Ledger,
  find: FindUpkeep,
  clock: Clock,
): Promise<Restored> {
  const refusing = new Set<Upkeep>();
  const restored = new Set<Upkeep>();
  let hasEnded = false;
  let latestStamp = 0;
  const now = nowUnix(clock);
  const findIndexed: FindUpkeep = (set, family) => {
    const upkeep = find(set, family);
    upkeep.plan.table.indexLike(upkeep.page);
    return upkeep;
  };
  await journal.restore({
    entries(set, columns) {
      const page = ledger.page(set, columns.family);
      const { length } = columns;
      const heads = new Int32Array(length);
      page.merge(columns, 0, length, clock.nowMs(), new Uint8Array(length), heads);
      const upkeep = find(set, columns.family);
      restored.add(upkeep);
      const { rows } = upkeep;
      const isInStep = rows.isPlain && !page.hasFreed;
      for (let index = 0; index < length; index++) {
        if (index % TOGETHER === 0) upkeep.warm(columns, index, Math.min(index + TOGETHER, length));
        latestStamp = Math.max(latestStamp, columns.stamps[index] ?? 0);
        const head = heads[index] ?? -1;
        const known = isInStep ? rows.makeAt(head, columns, index) : undefined;
        const end = head < 0 ? 0 : upkeep.ends.of(head);
        const followed = upkeep.follow(columns, index, end, known);
        if (followed === NOT_ALLOWED) refusing.add(upkeep);
        const row = known ?? (followed >= 0 ? followed : rows.make(columns, index));
        // It may have been put in before the policy widened what is.
        const own = rows.widen === undefined ? row : rows.makeExact(columns, index);
        if (markMaybe(upkeep, own, columns, index, now)) hasEnded = true;
        if (own !== row && markMaybe(upkeep, row, columns, index, now, 'network')) hasEnded = true;
      }
    },
    cleared(set, columns) {
      const upkeep = findIndexed(set, columns.family);
      unmark(upkeep, columns, FLAG.MAYBE | FLAG.FOREIGN | FLAG.ENDED | FLAG.PURGE);
      for (let index = 0; index < columns.length; index++) {
        const row = upkeep.rows.findExact(columns, index);
        if (row >= 0) upkeep.plan.mark(row, FLAG.NOTED);
      }
    },
    foreign(set, columns) {
      const upkeep = findIndexed(set, columns.family);
      unmark(upkeep, columns, FLAG.MAYBE | FLAG.ENDED | FLAG.PURGE);
      for (let index = 0; index < columns.length; index++) {
        const row = upkeep.rows.findExact(columns, index);
        if (row < 0) continue;
        upkeep.plan.mark(row, FLAG.FOREIGN | FLAG.NOTED);
        upkeep.foreignEnds.set(row, 0);
      }
    },
    widened(set, columns) {
      const upkeep = findIndexed(set, columns.family);
      for (let index = 0; index < columns.length; index++) {
        upkeep.plan.mark(upkeep.rows.makeExact(columns, index), FLAG.MAYBE);
      }
    },
  });
  for (const { plan, page } of restored) plan.table.indexLike(page);
  return { refusing, hasEnded, latestStamp };
}

/**
 * Whatever was asked for may have been in the set, and may be there still, until a note says no.
 *
 * @returns whether its time is over
 */
function markMaybe(
  { plan }: Upkeep,
  row: number,
  columns: RegisterColumns,
  index: number,
  now: number,
  kind: 'own' | 'network' = 'own',
): boolean {
  const isUnban = columns.actions[index] === UNBAN;
  const until = columns.untils[index] ?? 0;
  const isOver = !isUnban && until !== 0 && until <= now;
  // Nothing was said of it before: so are nearly all, and there are a million of them.
  if (!isUnban && plan.flags[row] === 0) {
    plan.mark(row, isOver ? FLAG.MAYBE | FLAG.ENDED : FLAG.MAYBE);
    return isOver;
  }
  plan.unmark(row, FLAG.ENDED | FLAG.PURGE);
  if (kind === 'own' && isUnban && columns.origins[index] === 0) {
    plan.unmark(row, FLAG.FOREIGN);
    plan.mark(row, FLAG.PURGE);
  }
  if (!plan.has(row, FLAG.FOREIGN)) {
    plan.mark(row, FLAG.MAYBE);
    plan.unmark(row, FLAG.NOTED);
  }
  if (isOver) plan.mark(row, FLAG.ENDED);
  return isOver;
}

function unmark(upkeep: Upkeep, columns: AddressColumns, flags: number): void {
  for (let index = 0; index < columns.length; index++) {
    const row = upkeep.rows.findExact(columns, index);
    if (row < 0) continue;
    upkeep.plan.unmark(row, flags);
    upkeep.plan.release(row);
  }
}
