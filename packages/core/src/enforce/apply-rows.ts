import { addressAt, type AddressColumns } from '../address/address-columns.js';
import { applyInColumns } from '../backend/apply-in-columns.js';
import {
  ADD_NEW,
  APPLIED,
  DELETE,
  FAILED,
  MAX_TIMEOUT_SECONDS,
  NO_TIMEOUT,
  PRESENT,
  UNCHANGED,
  type ChangeColumns,
  type ChangeFailure,
  type ChangeFault,
  type ChangeVerdicts,
  type SetInfo,
} from '../backend/backend.js';
import { isLive } from '../lease/lease.js';
import { NEVER } from '../message/entry-columns.js';
import { composeComment } from '../plan/compose-comment.js';
import { FLAG, NOTHING, type SetPlan } from '../plan/set-plan.js';
import { noteOurs } from './note-ours.js';
import { nowUnix } from './now-unix.js';
import type { EnforceFault } from './report.js';
import type { EnforceContext, Upkeep } from './upkeep.js';

/** What became of a row, as far as the kernel is concerned. */
export type RowVerdict =
  /** The set held already what it should. */
  | 'in-step'
  | 'added'
  /** Was in the set, by us or, for a sweep, by anybody. */
  | 'deleted'
  /** Was not in the set when it was to be deleted. */
  | 'absent'
  /** Somebody else's entry is in the set, and blocks the address. */
  | 'foreign'
  | RowFailure;

/** Why a row is not as it should be: the kernel's word, or ours. */
export interface RowFailure {
  readonly fault: ChangeFault | EnforceFault;
  readonly detail: string;
}

const IN_STEP: RowVerdict = 'in-step';

/** The kernel set is not what it was when the change was planned: look again, plan again. */
const STALE: ReadonlySet<RowFailure['fault']> = new Set([
  'set-missing',
  'wrong-family',
  'timeout-unsupported',
  'unsupported-type',
  'prefix-unsupported',
]);

/** The entry itself is what the set, as it is, will never take. */
const IMPOSSIBLE: ReadonlySet<RowFailure['fault']> = new Set([
  'out-of-range',
  'prefix-unsupported',
  'unstorable',
]);

/** Nothing of it is tried again. */
export function isHopeless(fault: RowFailure['fault']): boolean {
  return IMPOSSIBLE.has(fault) || fault === 'internal';
}

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
  const info = await readyInfo(upkeep, context);
  if ('fault' in info) {
    upkeep.owes = true;
    return new Array<RowVerdict>(rows.length).fill(info);
  }
  const verdicts = await applyOnce(upkeep, context, info, rows);
  const again = [...verdicts.keys()].filter((index) => isStale(verdicts[index]));
  if (again.length === 0) return verdicts;
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

function isStale(verdict: RowVerdict | undefined): boolean {
  return typeof verdict === 'object' && STALE.has(verdict.fault);
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

const NO_VERDICT: ChangeFailure = {
  fault: 'unknown',
  detail: 'the backend gave no verdict on this entry',
};

async function applyOnce(
  upkeep: Upkeep,
  context: EnforceContext,
  info: SetInfo,
  rows: Int32Array,
): Promise<RowVerdict[]> {
  const { plan } = upkeep;
  const verdicts = new Array<RowVerdict>(rows.length).fill(IN_STEP);
  const planned = planChanges(upkeep, info, rows, nowUnix(context.clock));
  if (planned.rows.length === 0) return verdictsOf(rows, verdicts, upkeep, info, planned, []);
  let told: ChangeVerdicts | ChangeFailure;
  try {
    told = await applyInColumns(context.backend, planned.changes);
  } catch (error) {
    told = { fault: 'unavailable', detail: error instanceof Error ? error.message : String(error) };
  }
  const settled: RowVerdict[] = [];
  const notes = new NoteRows();
  const turnedAway: number[] = [];
  for (const [index, row] of planned.rows.entries()) {
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
      upkeep.stopWaiting(row);
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
      upkeep.stopWaiting(row);
      settled.push('added');
    } else {
      settled.push(NO_VERDICT);
    }
  }
  upkeep.waitAgain(turnedAway);
  notes.write(upkeep, context);
  return verdictsOf(rows, verdicts, upkeep, info, planned, settled);
}

const NO_CHANGE = -1;
/** Others wait for room already: the kernel would say that the set is full. */
const NO_ROOM = -2;

interface PlannedChanges {
  /** A row a change. */
  readonly rows: Int32Array;
  readonly changes: ChangeColumns;
  /** What was wanted when it was planned: more may be asked for meanwhile. */
  readonly ends: Float64Array;
  readonly now: number;
  /** By index of the rows that were asked for: index of its change, `NO_CHANGE` or `NO_ROOM`. */
  readonly changeOf: Int32Array;
}

function planChanges(upkeep: Upkeep, info: SetInfo, rows: Int32Array, now: number): PlannedChanges {
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
      upkeep.wait(row);
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
  return {
    rows: changedRows,
    ends,
    now,
    changeOf,
    changes: {
      ...plan.addresses(changedRows, count),
      set: info.set,
      ops,
      timeoutSeconds,
      ...(comments === undefined ? {} : { comments }),
    },
  };
}

function commentOf(upkeep: Upkeep, row: number, now: number): string | undefined {
  const { plan, page, fold } = upkeep;
  const perAddress = plan.table.words.length / plan.table.prefixLengths.length;
  const [member] = fold?.members(row) ?? [];
  const columns = fold === undefined || member === undefined ? plan.table : fold;
  const at = member ?? row;
  const head = page.find(columns.words, at * perAddress, columns.prefixLengths[at] ?? 0);
  if (head < 0) return undefined;
  return composeComment(page.leases(head).filter((lease) => isLive(lease, now)));
}

/** When the kernel drops what was added: as wanted, or as far as it can count. */
function heldUntil(timeoutSeconds: number, wanted: number, now: number): number {
  if (timeoutSeconds === NO_TIMEOUT || timeoutSeconds === 0) return NEVER;
  return timeoutSeconds === MAX_TIMEOUT_SECONDS ? now + timeoutSeconds : wanted;
}

function settleFailure(upkeep: Upkeep, row: number, why: ChangeFailure): RowVerdict {
  const { plan } = upkeep;
  if (why.fault === 'set-full') {
    upkeep.wait(row);
  } else if (IMPOSSIBLE.has(why.fault)) {
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
    const blocks = (await backend.test?.(info.set, address)) ?? true;
    if (blocks) return 'foreign';
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

function verdictsOf(
  rows: Int32Array,
  verdicts: RowVerdict[],
  { plan }: Upkeep,
  { set }: SetInfo,
  { changeOf }: PlannedChanges,
  settled: readonly RowVerdict[],
): RowVerdict[] {
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

/** Rows that the journal is to hear of. */
class NoteRows {
  readonly cleared: number[] = [];
  readonly foreign: number[] = [];
  readonly ours: number[] = [];

  write(upkeep: Upkeep, { notes, clock }: EnforceContext): void {
    const { set, plan } = upkeep;
    noteOurs(upkeep, this.ours, notes, nowUnix(clock));
    for (const row of this.ours) plan.unmark(row, FLAG.NOTED);
    if (this.cleared.length > 0) {
      notes.note(
        set,
        'cleared',
        plan.addresses(Int32Array.from(this.cleared), this.cleared.length),
      );
    }
    if (this.foreign.length > 0) {
      notes.note(
        set,
        'foreign',
        plan.addresses(Int32Array.from(this.foreign), this.foreign.length),
      );
    }
  }
}
