import { addressTextAt } from '../address/address-columns.js';
import { isLive } from '../lease/lease.js';
import {
  DEAD,
  DEAD_NOTED,
  EQUAL,
  NOT_HELD,
  NOT_REMEMBERED,
  OLDER,
  OLDER_NOTED,
  RENEWED,
  REPEATED,
} from '../lease/outcome.js';
import type { Until } from '../message/command.js';
import { NEVER, NO_END_NAMED, OWN_STAMP, UNBAN } from '../message/entry-columns.js';
import { messageOf } from '../words/message-of.js';
import type { Origin } from '../words/names.js';
import { describeObserved } from './describe-decision.js';
import { isHopeless, type RowFailure, type RowVerdict } from './row-verdict.js';
import type { EntryWork } from './entry-work.js';
import { describeBound, refusalOf } from './ledger-refusal.js';
import type { Report } from './report.js';
import { stillBlockedBy } from './still-blocked.js';
import type { Telling } from './telling.js';
import { NOT_ALLOWED, type Upkeep } from './upkeep.js';

/** How many of those who hold a ban are named. */
const MOST_HOLDERS = 10;
/** Of the addresses that a netmask folds into one entry, so many are asked who holds them. */
const MOST_MEMBERS = 64;
const THE_POLICY = "the set's policy (an unban without an origin lifts it)";
const SOMEBODY_ELSE = 'an entry that Vallum did not make';

/**
 * Tells what became of some entries of a work, given what became of their rows.
 *
 * @returns the first fault of ours, which costs the entries that it met
 */
export function tellEntries(
  upkeep: Upkeep,
  work: EntryWork,
  from: number,
  verdicts: readonly RowVerdict[],
  nowUnix: number,
): string | undefined {
  let fault: string | undefined;
  verdicts.forEach((given, offset) => {
    const index = from + offset;
    const detail = work.faults.get(index);
    const verdict: RowVerdict = detail === undefined ? given : { fault: 'internal', detail };
    if (typeof verdict === 'object' && !isFinal(upkeep, verdict)) work.unsettled += 1;
    const telling = work.tellings[work.batch.messages[index] ?? 0];
    if (telling === undefined) return;
    const { left } = telling;
    try {
      tellEntry(upkeep, work, index, telling, verdict, nowUnix);
    } catch (error) {
      const message = messageOf(error);
      fault ??= message;
      if (telling.left === left) tellFault(upkeep, work, index, telling, message);
    }
  });
  work.told = from + verdicts.length;
  if (work.told === work.batch.length) work.finished();
  return fault;
}

/** In place of the report that could not be made. */
function tellFault(
  { set }: Upkeep,
  { batch }: EntryWork,
  index: number,
  telling: Telling,
  message: string,
): void {
  const place = batch.places[index] ?? 0;
  const shown = telling.placeOf(place);
  telling.fail(
    {
      outcome: 'failed',
      via: telling.via,
      ...(shown === undefined ? {} : { place: shown }),
      set,
      address: addressTextAt(batch, index),
      action: batch.actions[index] === UNBAN ? 'unban' : 'ban',
      code: 'internal',
      detail: `internal error: ${message}`,
      willRetry: false,
    },
    place,
  );
}

function tellEntry(
  upkeep: Upkeep,
  work: EntryWork,
  index: number,
  telling: Telling,
  verdict: RowVerdict,
  nowUnix: number,
): void {
  const { batch } = work;
  const action = batch.actions[index] === UNBAN ? 'unban' : 'ban';
  const { outcome, code } =
    action === 'ban'
      ? judgeBan(upkeep, work, index, verdict, nowUnix, telling)
      : judgeUnban(upkeep, work, index, verdict);
  if (!telling.wants(outcome, action, code)) return;
  const report = makeReport(upkeep, work, index, telling, {
    outcome,
    code,
    action,
    verdict,
    nowUnix,
  });
  telling.tell(report, batch.places[index] ?? 0);
}

/** What the ledger has from others is younger. */
const OVERTAKEN: ReadonlySet<number> = new Set([DEAD, DEAD_NOTED, OLDER, OLDER_NOTED]);

/** An unban that found no live lease, or had come before. */
const ENDED_NOTHING: ReadonlySet<number> = new Set([NOT_HELD, NOT_REMEMBERED, EQUAL]);

interface Judgement {
  readonly outcome: Exclude<Report['outcome'], 'rejected' | 'published'>;
  readonly code?: string;
}

function judgeBan(
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
  if (until !== 0 && until <= nowUnix) return { outcome: 'ended' };
  if (OVERTAKEN.has(taken)) return { outcome: 'overtaken' };
  if (row === NOT_ALLOWED) {
    return { outcome: 'refused', code: upkeep.refusal(batch, index)?.code ?? 'protected' };
  }
  if (typeof verdict === 'object') return failed(upkeep, verdict);
  const wanted = row < 0 ? 0 : (upkeep.plan.wanted[row] ?? 0);
  if (wanted === 0) return { outcome: 'overtaken' };
  if (wanted <= nowUnix) return { outcome: 'ended' };
  if (upkeep.observes && !isOldHat(taken, batch.flags[index] ?? 0)) {
    return { outcome: 'refused', code: 'observe' };
  }
  const isNews = verdict !== 'in-step' || !isOldHat(taken, batch.flags[index] ?? 0);
  return { outcome: isNews || telling.isCollected ? 'banned' : 'repeated' };
}

/** The ledger knew it all, or but for an end that the set gives, and the set holds it as it should. */
function isOldHat(taken: number, flags: number): boolean {
  return (
    taken === EQUAL || taken === REPEATED || (taken === RENEWED && (flags & NO_END_NAMED) !== 0)
  );
}

function isInternal(verdict: RowVerdict): verdict is RowFailure {
  return typeof verdict === 'object' && verdict.fault === 'internal';
}

function judgeUnban(
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
function isFinal({ wasHome }: Upkeep, { fault }: RowFailure): boolean {
  return isHopeless(fault) || (fault === 'wrong-family' && !wasHome);
}

/** What the kernel says of a set's kind is what policy would have said, had it known the set. */
function failed(upkeep: Upkeep, { fault }: RowFailure): Judgement {
  const isFamilyAway = fault === 'wrong-family' && !upkeep.wasHome;
  return isFamilyAway || fault === 'prefix-unsupported'
    ? { outcome: 'refused', code: fault }
    : { outcome: 'failed', code: fault };
}

interface Told {
  readonly outcome: Judgement['outcome'];
  readonly code: string | undefined;
  readonly action: 'ban' | 'unban';
  readonly verdict: RowVerdict;
  readonly nowUnix: number;
}

type EntryReport = Exclude<Report, { outcome: 'rejected' | 'published' }>;

/** Written out, since this runs once a ban. */
function makeReport(
  upkeep: Upkeep,
  work: EntryWork,
  index: number,
  telling: Telling,
  told: Told,
): Report {
  const { batch } = work;
  const report: { -readonly [Key in keyof EntryReport]: EntryReport[Key] } = describeOutcome(
    upkeep,
    work,
    index,
    telling,
    told,
  );
  const place = telling.placeOf(batch.places[index] ?? 0);
  if (place !== undefined) report.place = place;
  const origin = batch.originNames[batch.origins[index] ?? 0] ?? '';
  if (origin !== '') report.origin = origin as Origin;
  const reason = batch.reasonTexts[batch.reasons[index] ?? 0] ?? '';
  if (reason !== '') report.reason = reason;
  return report as EntryReport;
}

function describeOutcome(
  upkeep: Upkeep,
  work: EntryWork,
  index: number,
  telling: Telling,
  { outcome, code, action, verdict, nowUnix }: Told,
): EntryReport {
  const { batch, merged } = work;
  const target = upkeep.target;
  const { via } = telling;
  const set = target.ok ? target.value : upkeep.set;
  const address = addressTextAt(batch, index);
  if (outcome === 'banned') {
    // Nearly every report. Spelled out, since spreading copies property by property.
    const until = endOf(upkeep, work, index);
    return isStampedByOther(telling, batch.flags[index] ?? 0)
      ? { outcome, via, set, address, until, askedAtMs: batch.stamps[index] ?? 0 }
      : { outcome, via, set, address, until };
  }
  const about = { via, set, address };
  switch (outcome) {
    case 'unbanned': {
      const taken = merged[index] ?? EQUAL;
      const absent = verdict !== 'deleted' && ENDED_NOTHING.has(taken);
      const covering = stillBlockedBy(upkeep, batch, index, nowUnix);
      return {
        ...{ outcome, ...about, absent },
        ...(taken === NOT_REMEMBERED ? { note: 'not-remembered' } : {}),
        ...(covering.length > 0 ? { stillBlockedBy: covering } : {}),
      };
    }
    case 'held':
      return { outcome, ...about, holders: holdersOf(upkeep, work, index, verdict, nowUnix) };
    case 'repeated':
    case 'ended':
    case 'overtaken':
      return { outcome, ...about };
    case 'refused':
      return {
        ...{ outcome, ...about },
        ...(action === 'unban' ? { action } : {}),
        ...(code === 'observe'
          ? { code, detail: describeObserved(action, endOf(upkeep, work, index)) }
          : whyRefused(upkeep, work, index, verdict)),
      };
    case 'failed': {
      const { fault, detail } = verdict as RowFailure;
      const willRetry = !isHopeless(fault);
      return { outcome, ...about, action, code: fault, detail, willRetry };
    }
  }
}

/** Whoever bans on this node has no other clock, and waits for the report anyway. */
function isStampedByOther({ isCollected }: Telling, flags: number): boolean {
  return !isCollected && (flags & OWN_STAMP) === 0;
}

function whyRefused(
  upkeep: Upkeep,
  { batch, merged }: EntryWork,
  index: number,
  verdict: RowVerdict,
): Pick<Extract<Report, { outcome: 'refused' }>, 'code' | 'detail'> {
  const full = refusalOf(merged[index] ?? EQUAL);
  if (full !== undefined) return { code: full, detail: describeBound(full) };
  if (typeof verdict === 'object') {
    const code = verdict.fault === 'prefix-unsupported' ? verdict.fault : 'wrong-family';
    return { code, detail: verdict.detail };
  }
  return (
    upkeep.refusal(batch, index) ?? {
      code: 'protected',
      detail: 'the policy changed while the ban was decided',
    }
  );
}

/** When the ban ends, as the ledger has it. */
function endOf(upkeep: Upkeep, work: EntryWork, index: number): Until {
  const end = endInPlan(upkeep, work, index) || endInLedger(upkeep, work, index);
  if (end === NEVER) return 'never';
  return end === 0 ? 'default' : end;
}

/** The plan follows the ledger, and its row is known already. 0: what is wanted there is not this address. */
function endInPlan({ fold, plan }: Upkeep, { rows }: EntryWork, index: number): number {
  const row = rows[index] ?? -1;
  return row < 0 || fold !== undefined ? 0 : (plan.wanted[row] ?? 0);
}

function endInLedger(upkeep: Upkeep, { batch }: EntryWork, index: number): number {
  const head = upkeep.page.findAt(batch, index);
  return head < 0 ? (batch.untils[index] ?? 0) : upkeep.end(head);
}

function holdersOf(
  upkeep: Upkeep,
  { batch, rows }: EntryWork,
  index: number,
  verdict: RowVerdict,
  nowUnix: number,
): string[] {
  if (verdict === 'foreign') return [SOMEBODY_ELSE];
  const names = new Set<string>();
  const { page, fold } = upkeep;
  const addNamesOf = (head: number): void => {
    if (head < 0 || !page.isBan(head)) return;
    for (const lease of page.leases(head)) {
      if (!isLive(lease, nowUnix)) break;
      names.add(lease.origin === '' ? 'anonymous' : lease.origin);
    }
  };
  addNamesOf(page.findAt(batch, index));
  if (fold !== undefined) {
    let asked = 0;
    for (const member of fold.members(rows[index] ?? 0)) {
      asked += 1;
      if (names.size >= MOST_HOLDERS || asked > MOST_MEMBERS) break;
      addNamesOf(page.findAt(fold, member));
    }
  }
  // No lease lives any more that is told of.
  if (names.size === 0 && upkeep.movesEnds) return [THE_POLICY];
  return [...names].slice(0, MOST_HOLDERS);
}
