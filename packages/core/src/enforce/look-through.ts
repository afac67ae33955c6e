import type { MemberColumns, SetInfo } from '../backend/backend.js';
import { NEVER } from '../message/entry-columns.js';
import { FLAG, NOTHING, type SetPlan } from '../plan/set-plan.js';
import { TimeSlice } from '../system/time-slice.js';
import { nowUnix } from './now-unix.js';
import type { EnforceContext } from './enforce-context.js';
import type { Upkeep } from './upkeep.js';

/** What a look through a set has found. */
export interface Looked {
  /** Bans that the set holds as it should. */
  readonly inStep: number;
  /** Entries that differ from what is wanted, and wait to be mended. */
  readonly differing: number;
}

/** Rows looked at between two questions whether it is time to breathe. */
const STRIDE = 512;

/**
 * Compares all that a kernel set holds with what the plan thinks it holds, member by member, and
 * queues what differs. What changes while it lasts is left out: it is newer than the listing.
 *
 * @throws VallumError as `Backend.members`
 */
export async function lookThrough(
  upkeep: Upkeep,
  { backend, clock, notes }: EnforceContext,
  info: SetInfo,
): Promise<Looked> {
  const { plan } = upkeep;
  const hasTimeouts = info.defaultTimeoutSeconds !== undefined;
  let inStep = 0;
  let differing = 0;
  plan.beginLook();
  const meet = (row: number, end: number, isException: boolean, now: number): void => {
    plan.see(row);
    // What is in flight is decided by its verdict, which is newer.
    if (plan.has(row, FLAG.IN_FLIGHT)) return;
    if (plan.has(row, FLAG.FOREIGN)) {
      upkeep.foreignEnds.set(row, end);
      return;
    }
    const isOurs = plan.held[row] !== 0 || plan.has(row, FLAG.MAYBE);
    if (!isOurs) return;
    if (isException) {
      plan.hold(row, 0);
      plan.unmark(row, FLAG.MAYBE);
      plan.mark(row, FLAG.FOREIGN);
      upkeep.foreignEnds.set(row, end);
      return;
    }
    plan.hold(row, end);
    plan.unmark(row, FLAG.MAYBE);
    if (plan.difference(row, now, { hasTimeouts }) === NOTHING) {
      inStep += 1;
    } else {
      differing += 1;
      upkeep.enqueue(row);
    }
  };
  await backend.members(info.set, (members) => {
    const now = nowUnix(clock);
    for (let index = 0; index < members.length; index++) {
      const row = upkeep.rows.findStored(members, index);
      if (row < 0 || plan.wasSeen(row)) continue;
      meet(row, endOf(members, index, now, hasTimeouts), members.exceptions[index] === 1, now);
    }
  });
  const endsBySetUnix = hasTimeouts ? nowUnix(clock) : -Infinity;
  differing += await missing(upkeep, plan, endsBySetUnix, (rows) => {
    notes.note(upkeep.set, 'cleared', plan.addresses(rows, rows.length));
  });
  return { inStep, differing };
}

function endOf(
  { timeoutSeconds }: MemberColumns,
  index: number,
  now: number,
  hasTimeouts: boolean,
): number {
  const seconds = hasTimeouts ? (timeoutSeconds[index] ?? 0) : 0;
  return seconds === 0 ? NEVER : now + seconds;
}

/**
 * Goes through what was not met. That is no proof: while the kernel moves a hash set of nftables to
 * another table, a listing lacks some of it. What the set is to have held by us is told to it again, or
 * deleted once more; taken for gone it would be somebody else's when it shows again, and stay for ever.
 *
 * @param endsBySetUnix what the set has held until then has ended by itself
 * @returns how many of it are wanted
 */
async function missing(
  upkeep: Upkeep,
  plan: SetPlan,
  endsBySetUnix: number,
  cleared: (rows: Int32Array) => void,
): Promise<number> {
  const slice = new TimeSlice();
  let count = 0;
  let gone: number[] = [];
  for (let row = 0; row < plan.table.rowCount; row++) {
    if (row % STRIDE === 0) {
      if (gone.length > 0) cleared(Int32Array.from(gone));
      for (const one of gone) plan.release(one);
      gone = [];
      if (slice.isOver) await slice.breathe();
    }
    if (!plan.table.isUsed(row) || plan.wasSeen(row) || plan.has(row, FLAG.IN_FLIGHT)) continue;
    const held = plan.held[row] ?? 0;
    const wasForeign = plan.has(row, FLAG.FOREIGN);
    if (held === 0 && !wasForeign && !plan.has(row, FLAG.MAYBE)) continue;
    const mayBeThere = held > endsBySetUnix && held !== 0 && !wasForeign;
    plan.hold(row, 0);
    plan.unmark(row, FLAG.MAYBE | FLAG.FOREIGN);
    if (mayBeThere) plan.mark(row, FLAG.MAYBE);
    upkeep.foreignEnds.delete(row);
    if (plan.wanted[row] !== 0) {
      count += 1;
      upkeep.enqueue(row);
    } else if (mayBeThere) {
      upkeep.enqueue(row);
    } else if (!plan.has(row, FLAG.PURGE)) {
      gone.push(row);
    }
  }
  if (gone.length > 0) cleared(Int32Array.from(gone));
  for (const one of gone) plan.release(one);
  return count;
}
