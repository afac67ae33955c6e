import { addressTextAt } from '../address/address-columns.js';
import type { Page } from '../ledger/page.js';
import { isLive } from '../lease/lease.js';
import { EQUAL, NOT_HELD, NOT_REMEMBERED } from '../lease/outcome.js';
import type { Until } from '../message/command.js';
import { NEVER, OWN_STAMP } from '../message/entry-columns.js';
import type { Origin } from '../words/names.js';
import { describeObserved } from './describe-decision.js';
import type { EntryWork } from './entry-work.js';
import type { Judgement } from './judge-entry.js';
import { describeBound, refusalOf } from './ledger-refusal.js';
import type { Report } from './report.js';
import { isHopeless, type RowFailure, type RowVerdict } from './row-verdict.js';
import { stillBlockedBy } from './still-blocked.js';
import type { Telling } from './telling.js';
import type { Upkeep } from './upkeep.js';

/** How many of those who hold a ban are named. */
const MOST_HOLDERS = 10;
/** Of the addresses that are folded into one entry, so many are asked who holds them. */
const MOST_MEMBERS = 64;
const THE_POLICY = "the set's policy (an unban without an origin lifts it)";
const SOMEBODY_ELSE = 'an entry that Vallum did not make';

/** An unban that found no live lease, or had come before. */
const ENDED_NOTHING: ReadonlySet<number> = new Set([NOT_HELD, NOT_REMEMBERED, EQUAL]);

/** What the report of one entry is to say. */
export interface Told {
  readonly outcome: Judgement['outcome'];
  readonly code: string | undefined;
  readonly action: 'ban' | 'unban';
  readonly verdict: RowVerdict;
  readonly nowUnix: number;
}

type EntryReport = Exclude<Report, { outcome: 'rejected' | 'published' }>;

/** The report of one entry. Written out, since this runs once a ban. */
export function makeReport(
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
  return head < 0 ? (batch.untils[index] ?? 0) : upkeep.ends.of(head);
}

function holdersOf(
  upkeep: Upkeep,
  { batch, rows }: EntryWork,
  index: number,
  verdict: RowVerdict,
  nowUnix: number,
): string[] {
  if (verdict === 'foreign') return [SOMEBODY_ELSE];
  const { page, fold } = upkeep;
  const own = page.findAt(batch, index);
  const holders = new Set<string>(own < 0 ? [] : liveOrigins(page, own, nowUnix));
  if (fold !== undefined) {
    const members = fold.columns;
    let asked = 0;
    for (const member of fold.members(rows[index] ?? 0)) {
      asked += 1;
      if (holders.size >= MOST_HOLDERS || asked > MOST_MEMBERS) break;
      const head = page.findAt(members, member);
      if (head < 0 || head === own || liveOrigins(page, head, nowUnix).length === 0) continue;
      holders.add(`the ban of ${addressTextAt(members, member)}`);
    }
  }
  // No lease lives any more that is told of.
  if (holders.size === 0 && upkeep.ends.move) return [THE_POLICY];
  return [...holders].slice(0, MOST_HOLDERS);
}

/** Whose leases of a row of the page live. */
function liveOrigins(page: Page, head: number, nowUnix: number): string[] {
  if (!page.isBan(head)) return [];
  const live = page.leases(head).filter((lease) => isLive(lease, nowUnix));
  return live.map(({ origin }) => (origin === '' ? 'anonymous' : origin));
}
