import {
  DEAD,
  DEAD_NOTED,
  EQUAL,
  OLDER,
  OLDER_NOTED,
  RENEWED,
  REPEATED,
  REPEATED_AS_THE_SET_SAYS,
} from '../lease/outcome.js';
import { NO_END_NAMED } from '../message/entry-columns.js';
import type { EntryWork } from './entry-work.js';
import { refusalOf } from './ledger-refusal.js';
import type { Report } from './report.js';
import { isHopeless, type RowFailure, type RowVerdict } from './row-verdict.js';
import type { Telling } from './telling.js';
import { NOT_ALLOWED, type Upkeep } from './upkeep.js';

/** What the ledger has from others is younger. */
const OVERTAKEN: ReadonlySet<number> = new Set([DEAD, DEAD_NOTED, OLDER, OLDER_NOTED]);

/** What became of one entry, and why where that needs a word. */
export interface Judgement {
  readonly outcome: Exclude<Report['outcome'], 'rejected' | 'published'>;
  readonly code?: string;
}

/** What became of a ban, given what became of its row. */
export function judgeBan(
  upkeep: Upkeep,
  { merged, rows, batch }: EntryWork,
  index: number,
  verdict: RowVerdict,
  nowUnix: number,
  telling: Telling,
): Judgement {
  const taken = merged[index] ?? EQUAL;
  const full = refusalOf(taken);
  if (full !== undefined) return { outcome: 'refused', code: full };
  if (isInternal(verdict)) return failed(upkeep, verdict);
  const row = rows[index] ?? NOT_ALLOWED;
  // `until` of an entry that names its end; of others the row tells.
  const until = batch.untils[index] ?? 0;
  const isOver = until !== 0 && until <= nowUnix;
  // A policy may enforce it all the same: then the row tells, too.
  if (isOver && !upkeep.ends.mayProlong) return { outcome: 'ended' };
  if (OVERTAKEN.has(taken)) return { outcome: 'overtaken' };
  if (row === NOT_ALLOWED) {
    return { outcome: 'refused', code: upkeep.refusal(batch, index)?.code ?? 'protected' };
  }
  if (typeof verdict === 'object') return failed(upkeep, verdict);
  const wanted = row < 0 ? 0 : (upkeep.plan.wanted[row] ?? 0);
  if (wanted === 0) return { outcome: isOver ? 'ended' : 'overtaken' };
  if (wanted <= nowUnix) return { outcome: 'ended' };
  const isTold = telling.isCollected || !isOldHat(taken, batch.flags[index] ?? 0);
  if (upkeep.observes) {
    return isTold ? { outcome: 'refused', code: 'observe' } : { outcome: 'repeated' };
  }
  return { outcome: isTold || verdict !== 'in-step' ? 'banned' : 'repeated' };
}

/** The ledger knew it all, or but for an end that the set gives, and the set holds it as it should. */
function isOldHat(taken: number, flags: number): boolean {
  if (taken === RENEWED) return (flags & NO_END_NAMED) !== 0;
  return taken === EQUAL || taken === REPEATED || taken === REPEATED_AS_THE_SET_SAYS;
}

function isInternal(verdict: RowVerdict): verdict is RowFailure {
  return typeof verdict === 'object' && verdict.fault === 'internal';
}

/** What became of an unban, given what became of its row. */
export function judgeUnban(
  upkeep: Upkeep,
  { rows, merged }: EntryWork,
  index: number,
  verdict: RowVerdict,
): Judgement {
  const full = refusalOf(merged[index] ?? EQUAL);
  if (full !== undefined) return { outcome: 'refused', code: full };
  if (typeof verdict === 'object') return failed(upkeep, verdict);
  if (upkeep.observes) return { outcome: 'refused', code: 'observe' };
  const row = rows[index] ?? -1;
  const isWanted = row >= 0 && (upkeep.plan.wanted[row] ?? 0) !== 0;
  return { outcome: isWanted || verdict === 'foreign' ? 'held' : 'unbanned' };
}

/** Nothing comes of it later, unless the set is made anew. */
export function isFinal({ wasHome }: Upkeep, { fault }: RowFailure): boolean {
  return isHopeless(fault) || (fault === 'wrong-family' && !wasHome);
}

/** What the kernel says of a set's kind is what policy would have said, had it known the set. */
function failed(upkeep: Upkeep, { fault }: RowFailure): Judgement {
  const isFamilyAway = fault === 'wrong-family' && !upkeep.wasHome;
  return isFamilyAway || fault === 'prefix-unsupported'
    ? { outcome: 'refused', code: fault }
    : { outcome: 'failed', code: fault };
}
