import { changesLedger, EQUAL } from '../lease/outcome.js';
import type { EntryBatch } from '../message/entry-batch.js';
import { UNBAN } from '../message/entry-columns.js';
import { FLAG } from '../plan/set-plan.js';
import type { EntryWork } from './entry-work.js';
import type { Telling } from './telling.js';
import { UNKNOWN, type Upkeep } from './upkeep.js';

/** Entries that are taken between two breaths: about a millisecond. */
export const ACCEPTED_TOGETHER = 2_048;

/** What accepting a batch needs beside it. */
export interface Accepting {
  readonly upkeep: Upkeep;
  readonly work: EntryWork;
  /** Every entry has been told. */
  readonly told: Promise<void>;
  /** 1 where the entry changes the ledger, and so has to be kept. */
  readonly news: Uint8Array;
}

export function startAccepting(
  upkeep: Upkeep,
  batch: EntryBatch,
  tellings: readonly Telling[],
): Accepting {
  const { length } = batch;
  let finished = (): void => undefined;
  const told = new Promise<void>((resolve) => (finished = resolve));
  return {
    upkeep,
    told,
    news: new Uint8Array(length),
    work: {
      batch,
      tellings,
      merged: new Uint8Array(length),
      rows: new Int32Array(length).fill(UNKNOWN),
      finished,
      unsettled: 0,
      told: 0,
      next: 0,
    },
  };
}

/** Takes entries [from, to) into the ledger and the plan. Touches neither disk nor kernel. */
export function acceptEntries(
  { upkeep, work, news }: Accepting,
  from: number,
  to: number,
  nowMs: number,
): void {
  const { batch, merged, rows } = work;
  const { page, plan } = upkeep;
  const hasComments = upkeep.info?.comments === true;
  page.merge(batch, from, to, nowMs, merged, rows);
  for (let index = from; index < to; index++) {
    const outcome = merged[index] ?? EQUAL;
    const isNews = changesLedger(outcome);
    if (isNews) news[index] = 1;
    const head = rows[index] ?? -1;
    const isSweep = batch.actions[index] === UNBAN && batch.origins[index] === 0;
    const end = head < 0 ? 0 : page.end(head);
    const row = upkeep.follow(batch, index, end);
    rows[index] = isSweep ? upkeep.purge(batch, index) : row;
    // The kernel keeps who asked and why beside the entry.
    if (hasComments && isNews && row >= 0 && end !== 0 && plan.held[row] !== 0)
      plan.mark(row, FLAG.COMMENT);
  }
}
