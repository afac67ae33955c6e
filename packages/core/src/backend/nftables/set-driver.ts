import type { Address, Family } from '../../address/address.js';
import type { ChangeColumns, ChangeFault, DropCount, SetSpec } from '../backend.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import type { MemberBatches } from '../member-batches.js';
import type { Interval } from '../../address/position.js';

/** One set as nftables has it; Vallum's set may be two of them (see `companion-name.ts`). */
export interface NftSet {
  readonly name: string;
  /** What its elements are; undefined: nothing that Vallum edits, and `type` says what. */
  readonly family: Family | undefined;
  /** As nft names it, such as `ipv4_addr`. */
  readonly type: string;
  /** `flags interval`: takes prefixes, but one commit walks all of it. */
  readonly interval: boolean;
  /** Milliseconds that an element gets which names no timeout, 0 for ever; undefined: no `flags timeout`. */
  readonly defaultTimeoutMs?: number;
  readonly size?: number;
  /** Another one when the set is destroyed and made again in the same table. */
  readonly handle: string;
  /** Elements, where the kernel tells without listing them. */
  readonly count?: number;
}

/** An interval as an interval set holds it. */
export interface Piece extends Interval {
  /** Unix milliseconds; Infinity: for ever. */
  readonly endsAtMs: number;
  readonly comment?: string;
}

/** One interval that an interval set holds. */
export interface NftElement extends Interval {
  /** Milliseconds; undefined: for ever. */
  readonly leftMs?: number;
  readonly comment?: string;
}

/** Changes of the elements of one hash set, all checked. */
export interface ElementChanges {
  readonly set: NftSet;
  readonly columns: ChangeColumns;
  /** The rows of the columns that are meant, in order. */
  readonly rows: Uint32Array;
}

/** Why a change cannot be made. */
export interface Refusal {
  readonly fault: ChangeFault;
  /** Default: the words that all backends use. */
  readonly detail?: string;
}

/**
 * - `done`
 * - `stale`: nothing was done, since the ruleset is not what it was; describe the set again
 * - `mismatch`: nothing was done, since the set does not hold what was to be replaced
 * - a failure: nothing was done
 */
export type IntervalOutcome = 'done' | 'stale' | 'mismatch' | Refusal;

/** What rules make of a set. */
export interface SetUse {
  /** How many look it up. */
  readonly rules: number;
  /** What those that drop have counted; undefined: none counts, or there is no telling. */
  readonly dropped?: DropCount;
}

/** What reaches the sets of one table: over netlink, or through the program nft. */
export interface SetDriver {
  /**
   * Asks what a set is; undefined: missing.
   *
   * @throws VallumError as `Backend.inspect`
   */
  describe(name: string): Promise<NftSet | undefined>;

  /** What `describe` told before, if a change that relies on it is refused once it is not true. */
  recall(name: string): NftSet | undefined;

  /** Makes `recall` know nothing of a set. */
  forget(name: string): void;

  /**
   * Asks whether anybody else has changed anything: where the number is the same as before, nobody
   * has. undefined: there is no telling.
   */
  epoch(): Promise<number | undefined>;

  /** What a hash set holds, maybe some of it twice. @throws VallumError as `Backend.members` */
  singles(set: NftSet): Promise<MemberBatches>;

  /** What an interval set holds. @throws VallumError as `Backend.members` */
  intervals(set: NftSet): Promise<NftElement[]>;

  /** Whether a single address is an element of a set, or lies in one. @throws as `Backend.test` */
  holds(set: NftSet, address: Address): Promise<boolean>;

  /** How many rules look sets up, by the set's name. @throws VallumError */
  uses(): Promise<ReadonlyMap<string, SetUse>>;

  /**
   * Adds and deletes in a hash set, in order.
   *
   * @param verdicts gets one for each row; those that are pending were not tried, since the ruleset
   *   has changed: describe the set again
   * @throws VallumError `CLOSED`; any other failure is a verdict
   */
  changeElements(elements: ElementChanges, verdicts: ColumnVerdicts): Promise<void>;

  /**
   * How many changes of an interval set are best made at once: a commit walks all of it. Of many,
   * `first` ones, so that the kernel has something to do soon, and then twice as many each time.
   */
  readonly intervalChangesAtOnce: { readonly first: number; readonly most: number };

  /**
   * Writes one transaction, also while another is on its way.
   *
   * @returns what carries it out, which throws VallumError `CLOSED`
   */
  prepareIntervals(
    set: NftSet,
    removed: readonly Interval[],
    added: readonly Piece[],
    nowMs: number,
  ): Promise<() => Promise<IntervalOutcome>>;

  /** Makes table, sets, chain and rules in one transaction. @throws VallumError */
  create(plan: CreatePlan): Promise<'created' | 'exists'>;

  close(): Promise<void>;
}

/** What `create` makes, each unless it is there. */
export interface CreatePlan {
  readonly spec: SetSpec;
  /** What the names of the chains that drop begin with; undefined: sets only. */
  readonly chain: string | undefined;
}
