import { applyInColumns } from '../backend/apply-in-columns.js';
import type { ChangeFailure, ChangeVerdicts, SetInfo } from '../backend/backend.js';
import { FLAG } from '../plan/set-plan.js';
import { messageOf } from '../words/message-of.js';
import { nowUnix } from './now-unix.js';
import { NO_CHANGE, NO_ROOM, planChanges, type PlannedChanges } from './planned-changes.js';
import { isStale, NO_VERDICT, type RowFailure, type RowVerdict } from './row-verdict.js';
import { settleRows } from './settle-rows.js';
import type { EnforceContext } from './enforce-context.js';
import type { Upkeep } from './upkeep.js';

const IN_STEP: RowVerdict = 'in-step';

/**
 * Brings rows of a plan into the kernel set.
 *
 * @param rows may hold a row twice
 * @returns a verdict a row, at the same index
 */
export async function applyRows(
  upkeep: Upkeep,
  context: EnforceContext,
  rows: Int32Array,
): Promise<RowVerdict[]> {
  // What is only observed needs no set.
  if (upkeep.observes && !rows.some((row) => row >= 0 && upkeep.plan.mayHold(row))) {
    return new Array<RowVerdict>(rows.length).fill(IN_STEP);
  }
  // Nearly always: then the kernel is told at once, before what else there is to do about a message.
  const info = upkeep.info ?? (await readyInfo(upkeep, context));
  if ('fault' in info) {
    upkeep.owes = true;
    return new Array<RowVerdict>(rows.length).fill(info);
  }
  const verdicts = await applyOnce(upkeep, context, info, rows);
  if (!verdicts.some(isStale)) return verdicts;
  const again = [...verdicts.keys()].filter((index) => isStale(verdicts[index]));
  // The set is another one than it was a moment ago: it may be as good.
  await context.watch.look(info.set);
  const now = await readyInfo(upkeep, context);
  if (!('fault' in now)) {
    const retried = Int32Array.from(again, (index) => rows[index] ?? 0);
    const second = await applyOnce(upkeep, context, now, retried);
    again.forEach((index, at) => (verdicts[index] = second[at] ?? NO_VERDICT));
  }
  return verdicts;
}

/** The set's description, or why nothing can be told to it. */
async function readyInfo(
  upkeep: Upkeep,
  { watch }: EnforceContext,
): Promise<SetInfo | ChangeFailure> {
  const target = upkeep.target;
  if (!target.ok) return { fault: 'wrong-family', detail: target.detail };
  const known = watch.info(target.value);
  if (known) return known;
  const state = await watch.lookAgain(target.value);
  // What was looked at may have changed where bans of this family go.
  const after = upkeep.target;
  if (!after.ok) return { fault: 'wrong-family', detail: after.detail };
  if (state.state === 'ready') return watch.info(after.value) ?? NO_VERDICT;
  if (state.state === 'unknown') {
    return { fault: 'unavailable', detail: `set ${target.value} is not known yet` };
  }
  return { fault: state.state === 'missing' ? 'set-missing' : state.state, detail: state.detail };
}

async function applyOnce(
  upkeep: Upkeep,
  context: EnforceContext,
  info: SetInfo,
  rows: Int32Array,
): Promise<RowVerdict[]> {
  const { plan } = upkeep;
  const planned = planChanges(upkeep, info, rows, nowUnix(context.clock));
  if (planned.rows.length === 0) return verdictsOf(rows, upkeep, info, planned, []);
  let told: ChangeVerdicts | ChangeFailure;
  try {
    told = await applyInColumns(context.backend, planned.changes);
  } catch (error) {
    told = { fault: 'unavailable', detail: messageOf(error) };
  }
  const known = upkeep.plan === plan ? planned : renumbered(upkeep, planned);
  const settled = await settleRows(upkeep, context, info, known, told);
  return verdictsOf(rows, upkeep, info, planned, settled);
}

/** The set was planned anew while the kernel was told: what was changed has other rows now. */
function renumbered(upkeep: Upkeep, planned: PlannedChanges): PlannedChanges {
  const { changes } = planned;
  upkeep.owes = true;
  const rows = Int32Array.from(planned.rows, (_, index) => upkeep.rows.makeExact(changes, index));
  return { ...planned, rows };
}

function verdictsOf(
  rows: Int32Array,
  { plan }: Upkeep,
  { set }: SetInfo,
  { changeOf }: PlannedChanges,
  settled: readonly RowVerdict[],
): RowVerdict[] {
  const verdicts = new Array<RowVerdict>(rows.length).fill(IN_STEP);
  for (let index = 0; index < rows.length; index++) {
    const change = changeOf[index] ?? NO_CHANGE;
    if (change >= 0) verdicts[index] = settled[change] ?? NO_VERDICT;
    else if (change === NO_ROOM) verdicts[index] = isFull(set);
    else if (plan.has(rows[index] ?? 0, FLAG.FOREIGN)) verdicts[index] = 'foreign';
  }
  return verdicts;
}

function isFull(set: string): RowFailure {
  return {
    fault: 'set-full',
    detail: `set ${set} is full, and others wait for room; make it again with a larger maxelem`,
  };
}

/**
 * After a fault of ours nobody knows what the kernel was told of these rows: whoever looks through
 * the set finds out.
 */
export function giveUpRows(upkeep: Upkeep, rows: Int32Array): void {
  const { plan } = upkeep;
  for (const row of rows) {
    if (row < 0) continue;
    if (plan.has(row, FLAG.IN_FLIGHT) && !plan.has(row, FLAG.FOREIGN)) {
      plan.hold(row, 0);
      plan.mark(row, FLAG.MAYBE);
    }
    plan.unmark(row, FLAG.IN_FLIGHT | FLAG.ADMITTED);
  }
  upkeep.suspect = true;
  upkeep.owes = true;
}
