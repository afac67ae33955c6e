import type { AddressText } from '../address/address.js';
import type { ChangeFault, SetInfo } from '../backend/backend.js';
import type { RefusalReason } from '../policy/refusal-reason.js';
import type { Until } from '../message/command.js';
import type { RejectionReason } from '../message/command.js';
import type { Origin, SetName } from '../words/names.js';

/** Which bound of what publishers can make grow was met. */
export type BoundReason =
  /** Other origins hold as many younger leases of this address as one may have. */
  | 'too-many-leases'
  | 'too-many-leases-in-all'
  | 'too-many-origins'
  | 'too-many-reasons'
  /** The set would cover a larger share of its family's address space than it may. */
  | 'cover-exceeded';

/** What keeps a ban from counting beside what the kernel says of one change. */
export type EnforceFault =
  /** Somebody's `nomatch` entry in the set lets the address through. */
  | 'excepted'
  /** More waits already than can be held. */
  | 'busy'
  /** A fault of ours: nothing is promised of the entry. */
  | 'internal';

interface ReportBase {
  /** Where the request came from: a topic, or `local` for a call of `ban` or `unban`. */
  readonly via: string;
  /** Place within the message where it had several entries: `line 3`. */
  readonly place?: string;
}

interface EntryReport extends ReportBase {
  readonly set: SetName;
  readonly address: AddressText;
  readonly origin?: Origin;
  readonly reason?: string;
}

/** A banned prefix: what it holds is blocked, whatever becomes of single addresses in it. */
export interface CoveringBan {
  readonly address: AddressText;
  /** Whose lease lasts longest; without: anonymous. */
  readonly origin?: Origin;
  readonly until: Until;
}

/** What became of one entry. Each entry of each message gets exactly one. */
export type Report =
  /**
   * The address is in the kernel set. `askedAtMs`: when it was asked for, Unix milliseconds by the clock of
   * whoever published it, where a message says so.
   */
  | (EntryReport & {
      readonly outcome: 'banned';
      readonly until: Until;
      readonly askedAtMs?: number;
    })
  /**
   * The address is not in the kernel set any more; `absent`: it was not there before either.
   * `not-remembered`: so many withdrawals of addresses never seen are remembered already that an
   * older ban of it, arriving late, will count. `stillBlockedBy`: its packets do not pass all the same,
   * since it lies in these banned prefixes, the narrowest first.
   */
  | (EntryReport & {
      readonly outcome: 'unbanned';
      readonly absent: boolean;
      readonly note?: 'not-remembered';
      readonly stillBlockedBy?: readonly CoveringBan[];
    })
  /** All of it was known already, from the same origin: nothing had to be done. */
  | (EntryReport & { readonly outcome: 'repeated' })
  /** A younger message about the address has come before this one could take effect. */
  | (EntryReport & { readonly outcome: 'overtaken' })
  /**
   * This origin's lease ended, other leases keep the ban. `holders`: their origins, and `the ban of ADDRESS` for each
   * other address that shares its entry in the set.
   */
  | (EntryReport & { readonly outcome: 'held'; readonly holders: readonly string[] })
  /**
   * A timed ban was over, and Vallum took the address out of a set without timeouts; or a ban was
   * over before it got into the set.
   */
  | (EntryReport & { readonly outcome: 'ended' })
  /** Policy or a bound said no. */
  | (EntryReport & {
      readonly outcome: 'refused';
      /** Where it was no ban. */
      readonly action?: 'unban';
      readonly code: RefusalReason | BoundReason;
      readonly detail: string;
    })
  /**
   * The kernel said no. `willRetry`: the lease is kept, and the ban is applied as soon as the set
   * allows it.
   */
  | (EntryReport & {
      readonly outcome: 'failed';
      readonly action: 'ban' | 'unban';
      readonly code: ChangeFault | EnforceFault;
      readonly detail: string;
      readonly willRetry: boolean;
    })
  /** Sent to the broker and confirmed by it; nothing is enforced here (no backend). */
  | (EntryReport & { readonly outcome: 'published'; readonly action: 'ban' | 'unban' })
  /** Not understood. */
  | (ReportBase & {
      readonly outcome: 'rejected';
      readonly code: RejectionReason;
      /** The offending input, escaped and cut. */
      readonly input: string;
      readonly detail: string;
    });

/** What became of a message of more than 100 entries, an outcome a line. */
export interface MessageSummary {
  /** The topic. */
  readonly via: string;
  /** Without: entries that were not understood, and so are of no set. */
  readonly set?: SetName;
  /** How many entries the message had. */
  readonly entries: number;
  readonly outcomes: readonly OutcomeCount[];
}

/** The entries of a message that share what became of them. */
export interface OutcomeCount {
  readonly outcome: Report['outcome'];
  /** Of what was rejected, refused or failed; `not-remembered` of what was unbanned. */
  readonly code?: string;
  readonly action?: 'ban' | 'unban';
  readonly count: number;
  /** The first few, as reports. */
  readonly examples: readonly Report[];
}

/** What Vallum knows of one kernel set. */
export type SetState =
  | { readonly set: SetName; readonly state: 'unknown' }
  | { readonly set: SetName; readonly state: 'ready'; readonly info: SetInfo }
  | {
      readonly set: SetName;
      readonly state: 'missing' | 'unsupported-type' | 'permission-denied' | 'unavailable';
      /** What is wrong and what to type, for people. */
      readonly detail: string;
    };

/** What reconciling one kernel set came to. */
export interface ReconcileSummary {
  readonly set: SetName;
  /** Bans that the set held already. */
  readonly adopted: number;
  /** Bans that were missing and were put in. */
  readonly added: number;
  /** Entries of bans that are over, and were taken out. */
  readonly deleted: number;
  /** Changes that the kernel refused. */
  readonly failed: number;
  /** What the kernel said to the first that failed, for people. */
  readonly failure?: string;
}
