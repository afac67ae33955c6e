import {
  ADD_NEW,
  DELETE,
  NO_TIMEOUT,
  type ChangeColumns,
  type SetInfo,
} from '../backend/backend.js';
import { isLive } from '../lease/lease.js';
import { composeComment } from '../plan/compose-comment.js';
import { FLAG, NOTHING } from '../plan/set-plan.js';
import { sourceOf } from './folded-addresses.js';
import type { Upkeep } from './upkeep.js';

/** Nothing has to be done for the row. */
export const NO_CHANGE = -1;
/** Others wait for room already: the kernel would say that the set is full. */
export const NO_ROOM = -2;

export interface PlannedChanges {
  /** A row a change. */
  readonly rows: Int32Array;
  readonly changes: ChangeColumns;
  /** What was wanted when it was planned: more may be asked for meanwhile. */
  readonly ends: Float64Array;
  readonly now: number;
  /** By index of the rows that were asked for: index of its change, `NO_CHANGE` or `NO_ROOM`. */
  readonly changeOf: Int32Array;
}

/**
 * What the kernel has to be told so that it follows the plan in these rows. They count as in flight
 * from now on.
 *
 * @param rows may hold a row twice
 */
export function planChanges(
  upkeep: Upkeep,
  info: SetInfo,
  rows: Int32Array,
  now: number,
): PlannedChanges {
  const { plan } = upkeep;
  const times = { hasTimeouts: info.defaultTimeoutSeconds !== undefined };
  const changed = new Int32Array(rows.length);
  const ops = new Uint8Array(rows.length);
  const timeoutSeconds = new Uint32Array(rows.length);
  const ends = new Float64Array(rows.length);
  const changeOf = new Int32Array(rows.length).fill(NO_CHANGE);
  const comments: (string | undefined)[] | undefined = info.comments === true ? [] : undefined;
  let twice: Map<number, number> | undefined;
  let count = 0;
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] ?? -1;
    if (row < 0) continue;
    if (plan.has(row, FLAG.IN_FLIGHT)) {
      // What is asked for a second time is what the first one has planned already.
      twice ??= new Map(Array.from(changed.subarray(0, count), (known, at) => [known, at]));
      changeOf[index] = twice.get(row) ?? NO_CHANGE;
      continue;
    }
    // Whoever asks again is told why again.
    plan.unmark(row, FLAG.IMPOSSIBLE);
    const op = plan.difference(row, now, times);
    if (op === ADD_NEW && upkeep.waiting.length > 0 && !plan.has(row, FLAG.ADMITTED)) {
      changeOf[index] = NO_ROOM;
      upkeep.waiting.wait(row);
      continue;
    }
    if (op === NOTHING) {
      plan.unmark(row, FLAG.ADMITTED);
      continue;
    }
    plan.mark(row, FLAG.IN_FLIGHT);
    changed[count] = row;
    twice?.set(row, count);
    ops[count] = op;
    timeoutSeconds[count] = op === DELETE ? NO_TIMEOUT : plan.timeout(row, now, times);
    ends[count] = plan.wanted[row] ?? 0;
    comments?.push(op === DELETE ? undefined : commentOf(upkeep, row, now));
    changeOf[index] = count;
    count += 1;
  }
  const changedRows = changed.subarray(0, count);
  const { family, length, words, prefixLengths } = plan.addresses(changedRows, count);
  const { set } = info;
  // Spelled out, as all that runs for each message: spreading copies property by property.
  const bare = { set, family, length, words, prefixLengths, ops, timeoutSeconds };
  const changes = comments === undefined ? bare : { ...bare, comments };
  return { rows: changedRows, ends, now, changeOf, changes };
}

function commentOf(upkeep: Upkeep, row: number, now: number): string | undefined {
  const { page } = upkeep;
  const { columns, index } = sourceOf(upkeep, row);
  const head = page.findAt(columns, index);
  if (head < 0) return undefined;
  return composeComment(page.leases(head).filter((lease) => isLive(lease, now)));
}
