import { addressAt, type AddressColumns } from '../address/address-columns.js';
import {
  APPLIED,
  DELETE,
  FAILED,
  MAX_TIMEOUT_SECONDS,
  NO_TIMEOUT,
  PRESENT,
  UNCHANGED,
  type ChangeFailure,
  type ChangeVerdicts,
  type SetInfo,
} from '../backend/backend.js';
import { NEVER } from '../message/entry-columns.js';
import { FLAG, NOTHING, type SetPlan } from '../plan/set-plan.js';
import { NoteRows } from './note-rows.js';
import type { PlannedChanges } from './planned-changes.js';
import { isImpossible, NO_VERDICT, type RowVerdict } from './row-verdict.js';
import type { EnforceContext } from './enforce-context.js';
import type { Upkeep } from './upkeep.js';

/**
 * Takes into the plan, and into the journal, what the kernel made of changes.
 *
 * @param told its verdicts, or why it gave none
 * @returns a verdict a change
 */
export async function settleRows(
  upkeep: Upkeep,
  context: EnforceContext,
  info: SetInfo,
  planned: PlannedChanges,
  told: ChangeVerdicts | ChangeFailure,
): Promise<RowVerdict[]> {
  const { plan } = upkeep;
  const settled: RowVerdict[] = [];
  const notes = new NoteRows();
  const turnedAway: number[] = [];
  const { rows } = planned;
  // By index, here as in all that runs for each message: what `entries()` makes is garbage by the time
  // that it is collected, which holds up a ban in a hundred.
  for (let index = 0; index < rows.length; index++) {
    const row = rows[index] ?? -1;
    const failure = 'fault' in told ? told : undefined;
    const outcome = 'fault' in told ? FAILED : (told.outcomes[index] ?? FAILED);
    const op = planned.changes.ops[index] ?? NOTHING;
    plan.see(row);
    const wasAdmitted = plan.has(row, FLAG.ADMITTED);
    plan.unmark(row, FLAG.IN_FLIGHT | FLAG.ADMITTED);
    if (outcome === FAILED) {
      const why = failure ?? ('fault' in told ? told : told.failures.get(index)) ?? NO_VERDICT;
      if (wasAdmitted && why.fault === 'set-full') {
        turnedAway.push(row);
        settled.push(why);
      } else settled.push(settleFailure(upkeep, row, why));
    } else if (outcome === PRESENT) {
      upkeep.foreignEnds.set(row, 0);
      upkeep.suspect = true;
      upkeep.waiting.stop(row);
      settled.push(await settlePresent(context, info, plan, row, planned.changes, index, notes));
    } else if (op === DELETE && outcome === UNCHANGED && plan.held[row] !== 0) {
      // Either somebody has deleted it, or this is not the set that holds it: `ipset swap`.
      plan.hold(row, 0);
      plan.unmark(row, FLAG.PURGE | FLAG.FOREIGN | FLAG.COMMENT);
      plan.mark(row, FLAG.MAYBE);
      upkeep.suspect = true;
      settled.push('absent');
    } else if (op === DELETE) {
      plan.hold(row, 0);
      plan.unmark(row, FLAG.MAYBE | FLAG.PURGE | FLAG.FOREIGN | FLAG.COMMENT);
      notes.cleared.push(row);
      settled.push(outcome === UNCHANGED ? 'absent' : 'deleted');
    } else if (outcome === APPLIED) {
      const timeout = planned.changes.timeoutSeconds[index] ?? NO_TIMEOUT;
      plan.hold(row, heldUntil(timeout, planned.ends[index] ?? NEVER, planned.now));
      plan.unmark(row, FLAG.MAYBE | FLAG.PURGE | FLAG.COMMENT | FLAG.IMPOSSIBLE);
      if (plan.has(row, FLAG.NOTED)) notes.ours.push(row);
      if (upkeep.rows.widen === plan.table.prefixLengths[row]) notes.widened.push(row);
      upkeep.waiting.stop(row);
      settled.push('added');
    } else {
      settled.push(NO_VERDICT);
    }
  }
  upkeep.waiting.waitAgain(turnedAway);
  notes.write(upkeep, context);
  return settled;
}

/** When the kernel drops what was added: as wanted, or as far as it can count. */
function heldUntil(timeoutSeconds: number, wanted: number, now: number): number {
  if (timeoutSeconds === NO_TIMEOUT || timeoutSeconds === 0) return NEVER;
  return timeoutSeconds === MAX_TIMEOUT_SECONDS ? now + timeoutSeconds : wanted;
}

function settleFailure(upkeep: Upkeep, row: number, why: ChangeFailure): RowVerdict {
  const { plan } = upkeep;
  if (why.fault === 'set-full') {
    upkeep.waiting.wait(row);
  } else if (isImpossible(why.fault)) {
    plan.mark(row, FLAG.IMPOSSIBLE);
  } else {
    upkeep.owes = true;
    if (plan.held[row] !== 0) {
      // Whether it is held is not known any more.
      plan.hold(row, 0);
      plan.mark(row, FLAG.MAYBE);
    }
  }
  return why;
}

async function settlePresent(
  { backend }: EnforceContext,
  info: SetInfo,
  plan: SetPlan,
  row: number,
  changes: AddressColumns,
  index: number,
  notes: NoteRows,
): Promise<RowVerdict> {
  plan.mark(row, FLAG.FOREIGN | FLAG.NOTED);
  plan.unmark(row, FLAG.MAYBE);
  notes.foreign.push(row);
  const address = addressAt(changes, index);
  try {
    if ((await backend.excepts?.(info.set, address)) !== true) return 'foreign';
  } catch {
    // What cannot be asked about is there all the same.
    return 'foreign';
  }
  return {
    fault: 'excepted',
    detail:
      `set ${info.set} holds ${address.text} as an exception (nomatch) that somebody else made, so ` +
      'its packets pass; delete the exception to let the ban in',
  };
}
