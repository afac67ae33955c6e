import {
  changesLedger,
  EQUAL,
  RENEWED,
  REPEATED,
  REPEATED_AS_THE_SET_SAYS,
} from '../lease/outcome.js';
import { BAN, UNBAN, type PlacedColumns } from '../message/entry-columns.js';
import { FLAG, type SetPlan } from '../plan/set-plan.js';
import { messageOf } from '../words/message-of.js';
import type { EntryWork } from './entry-work.js';
import type { Telling } from './telling.js';
import { refusalOf } from './ledger-refusal.js';
import { NOT_ALLOWED, UNKNOWN, type Upkeep } from './upkeep.js';

/** Entries that are taken, and written down, between two breaths: a millisecond or two. */
export const ACCEPTED_TOGETHER = 512;

/** What accepting a batch needs beside it. */
export interface Accepting {
  readonly upkeep: Upkeep;
  readonly work: EntryWork;
  /** Every entry has been told. */
  readonly told: Promise<void>;
  /** 1 where the entry changes the ledger, and is not written down yet. */
  readonly news: Uint8Array;
  /** The row of each entry's address in the ledger's page, or -1. */
  readonly heads: Int32Array;
}

export function startAccepting(
  upkeep: Upkeep,
  batch: PlacedColumns,
  tellings: readonly Telling[],
  purgesSinceMs = -Infinity,
): Accepting {
  const { length } = batch;
  let finished = (): void => undefined;
  const told = new Promise<void>((resolve) => (finished = resolve));
  return {
    upkeep,
    told,
    news: new Uint8Array(length),
    heads: new Int32Array(length).fill(-1),
    work: {
      batch,
      purgesSinceMs,
      tellings,
      faults: new Map(),
      merged: new Uint8Array(length),
      rows: new Int32Array(length).fill(UNKNOWN),
      finished,
      unsettled: 0,
      told: 0,
      next: 0,
      number: 0,
    },
  };
}

/**
 * Takes entries [from, to) into the ledger and the plan. Touches neither disk nor kernel. A fault of
 * ours in one entry costs that entry (`work.faults`), and not those beside it.
 */
export function acceptEntries(accepting: Accepting, from: number, to: number, nowMs: number): void {
  try {
    merge(accepting, from, to, nowMs);
  } catch {
    eachAlone(accepting, from, to, (index) => {
      merge(accepting, index, index + 1, nowMs);
      // It may have been merged a moment ago, and would now pass for known.
      if (refusalOf(accepting.work.merged[index] ?? EQUAL) === undefined) accepting.news[index] = 1;
    });
  }
  try {
    follow(accepting, from, to);
  } catch {
    eachAlone(accepting, from, to, (index) => {
      if (!accepting.work.faults.has(index)) follow(accepting, index, index + 1);
    });
  }
}

function merge(
  { upkeep, work, news, heads }: Accepting,
  from: number,
  to: number,
  nowMs: number,
): void {
  const { batch, merged } = work;
  upkeep.page.merge(batch, from, to, nowMs, merged, heads);
  for (let index = from; index < to; index++) {
    if (changesLedger(merged[index] ?? EQUAL)) news[index] = 1;
  }
}

function follow({ upkeep, work, news, heads }: Accepting, from: number, to: number): void {
  const { batch, merged, rows, purgesSinceMs } = work;
  const { plan } = upkeep;
  const hasComments = upkeep.info?.comments === true;
  upkeep.warm(batch, from, to);
  for (let index = from; index < to; index++) {
    const head = heads[index] ?? -1;
    const isSweep = batch.actions[index] === UNBAN && batch.origins[index] === 0;
    const purges = isSweep && (batch.stamps[index] ?? 0) > purgesSinceMs;
    const end = head < 0 ? 0 : upkeep.ends.of(head);
    let row = upkeep.follow(batch, index, end);
    // A ban that ends not at all is one that the policy of the set holds back.
    if (end === 0 && batch.actions[index] === BAN && head >= 0 && upkeep.page.isBan(head)) {
      if (row >= 0) upkeep.enqueue(row);
      row = NOT_ALLOWED;
    }
    rows[index] = purges ? upkeep.purge(batch, index) : row;
    if (row >= 0 && end !== 0) noteNews(plan, row, news[index] === 1);
    if (hasComments && news[index] === 1 && row >= 0 && end !== 0 && plan.held[row] !== 0) {
      if (mayRewordComment(upkeep, merged[index] ?? EQUAL, head)) plan.mark(row, FLAG.COMMENT);
    }
  }
}

/**
 * The kernel keeps beside the entry who asked and why: the lease that lasts longest, of which one with another end
 * may take the place from others, or leave it to them, though the ban ends when it did.
 */
function mayRewordComment({ page, info }: Upkeep, taken: number, head: number): boolean {
  if (taken === REPEATED) return false;
  const isForEver = (info?.defaultTimeoutSeconds ?? 0) === 0;
  if (taken === REPEATED_AS_THE_SET_SAYS && isForEver) return false;
  const wasThere = taken === RENEWED || taken === REPEATED_AS_THE_SET_SAYS;
  return !wasThere || page.liveLeases(head) > 1;
}

function eachAlone(
  { upkeep, work }: Accepting,
  from: number,
  to: number,
  take: (index: number) => void,
): void {
  for (let index = from; index < to; index++) {
    try {
      take(index);
    } catch (error) {
      work.faults.set(index, messageOf(error));
      work.rows[index] = UNKNOWN;
      // What the ledger has taken all the same is followed at the next check.
      upkeep.reopened = true;
    }
  }
}

/** What the journal will say of an entry: a new lease takes back what it was told before. */
function noteNews(plan: SetPlan, row: number, isNews: boolean): void {
  if (isNews) {
    if (!plan.has(row, FLAG.FOREIGN)) plan.unmark(row, FLAG.NOTED);
  } else if (plan.held[row] === 0 && !plan.has(row, FLAG.MAYBE)) {
    // Policy may have refused it when it was written down.
    plan.mark(row, FLAG.NOTED);
  }
}
