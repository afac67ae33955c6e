import type { AddressText } from '../address/address.js';
import type { RejectionReason, Until } from '../message/command.js';
import type { RefusalReason } from '../policy/refusal-reason.js';
import type { Origin } from '../words/names.js';
import type { BoundReason, EnforceFault, MessageSummary, Report } from './report.js';
import type { ChangeFault } from '../backend/backend.js';

interface ProtectReportBase {
  /** Where the request came from: a topic, `local`, `repair` for another node, `ledger` for its end. */
  readonly via: string;
  /** Place within the message where it had several entries: `line 3`. */
  readonly place?: string;
}

interface ProtectEntryReport extends ProtectReportBase {
  readonly address: AddressText;
  readonly origin?: Origin;
  readonly reason?: string;
}

/** What became of one entry of the fleet's protect list. */
export type ProtectReport =
  /** This node bans nothing any more that the address or prefix has to do with. */
  | (ProtectEntryReport & { readonly outcome: 'protected'; readonly until: Until })
  /** It may be banned again. `absent`: it was not in the list before either. */
  | (ProtectEntryReport & { readonly outcome: 'unprotected'; readonly absent: boolean })
  /** This origin's lease ended, other leases keep it. */
  | (ProtectEntryReport & { readonly outcome: 'held'; readonly holders: readonly string[] })
  /** Its time is over. */
  | (ProtectEntryReport & { readonly outcome: 'ended' })
  /** `repeated`: all of it was known; `overtaken`: a younger message about it came first. */
  | (ProtectEntryReport & { readonly outcome: 'repeated' | 'overtaken' })
  /** Too wide, or more than the list may hold or cover. */
  | (ProtectEntryReport & {
      readonly outcome: 'refused';
      readonly action: 'protect' | 'unprotect';
      readonly code: RefusalReason | BoundReason | ChangeFault | EnforceFault;
      readonly detail: string;
    })
  /** Sent to the broker and confirmed by it; this Vallum keeps no list. */
  | (ProtectEntryReport & {
      readonly outcome: 'published';
      readonly action: 'protect' | 'unprotect';
    })
  /** Not understood. */
  | (ProtectReportBase & {
      readonly outcome: 'rejected';
      readonly code: RejectionReason;
      /** The offending input, escaped and cut. */
      readonly input: string;
      readonly detail: string;
    });

/** The same in the words of the protect list, of which the engine knows nothing. */
export function protectReport(report: Report): ProtectReport {
  if (report.outcome === 'rejected') return report;
  const { via, place, address, origin, reason } = report;
  const about = {
    ...{ via, address },
    ...(place === undefined ? {} : { place }),
    ...(origin === undefined ? {} : { origin }),
    ...(reason === undefined ? {} : { reason }),
  };
  switch (report.outcome) {
    case 'banned':
      return { ...about, outcome: 'protected', until: report.until };
    case 'unbanned':
      return { ...about, outcome: 'unprotected', absent: report.absent };
    case 'held':
      return { ...about, outcome: 'held', holders: report.holders };
    case 'refused': {
      const action = report.action === 'unban' ? 'unprotect' : 'protect';
      return { ...about, outcome: 'refused', action, code: report.code, detail: report.detail };
    }
    case 'failed': {
      const action = report.action === 'unban' ? 'unprotect' : 'protect';
      return { ...about, outcome: 'refused', action, code: report.code, detail: report.detail };
    }
    case 'published': {
      const action = report.action === 'unban' ? 'unprotect' : 'protect';
      return { ...about, outcome: 'published', action };
    }
    default:
      return { ...about, outcome: report.outcome };
  }
}

/** `vallum/protect/add: of 3,000 entries 2,990 protected, 10 refused (prefix-too-wide)` */
export function protectSummary({ via, entries, outcomes }: MessageSummary): string {
  const said = outcomes
    .filter(({ count }) => count > 0)
    .map(({ outcome, code, count }) => {
      const word = WORDS[outcome] ?? outcome;
      return `${String(count)} ${word}${code === undefined ? '' : ` (${code})`}`;
    });
  return `${via}: of ${String(entries)} entries ${said.join(', ')}`;
}

const WORDS: Readonly<Partial<Record<Report['outcome'], string>>> = {
  banned: 'protected',
  unbanned: 'protected no more',
};
