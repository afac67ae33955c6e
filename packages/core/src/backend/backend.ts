import type { AddressColumns } from '../address/address-columns.js';
import type { Address, AddressText, Family } from '../address/address.js';
import type { SetName } from '../words/names.js';

/** The set types that Vallum edits. A set of any other type is refused with its name. */
export const SET_TYPES = ['hash:ip', 'hash:net', 'bitmap:ip'] as const;
/** One of `SET_TYPES`. */
export type SetType = (typeof SET_TYPES)[number];

/** What a kernel set is, as far as Vallum cares. */
export interface SetInfo {
  readonly set: SetName;
  /** As the kernel names it; one of `SET_TYPES`, or a type that Vallum does not edit. */
  readonly type: string;
  readonly family: Family;
  /** Seconds an entry lives that names no timeout (0: for ever); undefined: the set knows none. */
  readonly defaultTimeoutSeconds?: number;
  /** Every stored address is cut to this prefix length (`netmask` option of hash:ip, bitmap:ip). */
  readonly netmask?: number;
  /** First and last address of a bitmap. */
  readonly range?: { readonly first: AddressText; readonly last: AddressText };
  /** Entries the set can hold, where it has a limit. */
  readonly maxEntries?: number;
  readonly entries: number;
  /** True where an entry can carry a comment (`comment` option of ipset). */
  readonly comments?: boolean;
  /** True where a full set makes room by evicting entries at random (`forceadd` option of ipset). */
  readonly evicts?: boolean;
  /** Rules and sets that refer to this one. 0: bans do nothing. */
  readonly references: number;
  /** What rules that drop packets from addresses in the set have counted, where they count and the kernel tells. */
  readonly dropped?: DropCount;
  /** Changes when the set is destroyed and made again, where the kernel tells. */
  readonly identity?: string;
}

/** Packets that rules have dropped, since they were made. */
export interface DropCount {
  readonly packets: number;
  readonly bytes: number;
}

/** One entry of a set. */
export interface SetMember {
  readonly address: Address;
  /** Seconds left; 0 or undefined: for ever. */
  readonly timeoutSeconds?: number;
  /** As the set holds it. */
  readonly comment?: string;
  /** An exception (`nomatch` of ipset): packets from it do not match. */
  readonly exception?: true;
}

/** What a set holds, in columns; exceptions (`nomatch`) among it. */
export interface MemberColumns extends AddressColumns {
  /** Seconds left; 0: for ever. */
  readonly timeoutSeconds: Uint32Array;
  /** 1 where the entry is an exception (`nomatch` of ipset): packets from it do not match. */
  readonly exceptions: Uint8Array;
  /** As the set holds them, where it has comments. */
  readonly comments?: readonly (string | undefined)[];
}

/** `ChangeColumns.ops` */
export const ADD = 0;
/** Adds where nothing is there, and leaves what is there as it is. */
export const ADD_NEW = 1;
/** Deletes; what is not there is `UNCHANGED`. */
export const DELETE = 2;

/** `ChangeColumns.timeoutSeconds`: what the set gives by itself. */
export const NO_TIMEOUT = 0xffff_ffff;

/** Many changes of one set. */
export interface ChangeColumns extends AddressColumns {
  readonly set: SetName;
  /** `ADD`, `ADD_NEW` or `DELETE`. */
  readonly ops: Uint8Array;
  /** 1…`MAX_TIMEOUT_SECONDS`; 0: for ever; `NO_TIMEOUT`. Of `DELETE`: nothing. */
  readonly timeoutSeconds: Uint32Array;
  readonly comments?: readonly (string | undefined)[];
}

/** `ChangeVerdicts.outcomes` */
export const APPLIED = 0;
/** A `DELETE` of what was not there. */
export const UNCHANGED = 1;
/** An `ADD_NEW` of what was there. */
export const PRESENT = 2;
/** The set is as it was; `ChangeVerdicts.failures` says why. */
export const FAILED = 3;

/** A verdict a change, at the same index. */
export interface ChangeVerdicts {
  /** `APPLIED`, `UNCHANGED`, `PRESENT` or `FAILED`. */
  readonly outcomes: Uint8Array;
  /** Why, by index, for each that failed. */
  readonly failures: ReadonlyMap<number, ChangeFailure>;
}

/** Why a change failed. */
export interface ChangeFailure {
  readonly fault: ChangeFault;
  readonly detail: string;
}

/** One change of one set: an address, a prefix or a range that is added or deleted. */
export type Change =
  | {
      readonly op: 'add';
      readonly set: SetName;
      readonly address: Address;
      /**
       * The last address of a range that begins with `address`, both of them single. What takes
       * prefixes stores the fewest that make up the range, other sets each address of it.
       */
      readonly to?: Address;
      /** 1…`MAX_TIMEOUT_SECONDS`; 0: for ever; undefined: what the set gives by itself. */
      readonly timeoutSeconds?: number;
      /** Add where nothing is there only; what is there stays as it is, and is reported `present`. */
      readonly onlyNew?: true;
      /** For people, kept where the set has comments (see `storableComment`), else dropped. */
      readonly comment?: string;
    }
  | {
      readonly op: 'del';
      readonly set: SetName;
      readonly address: Address;
      /** As above: deletes what adding the same range made. */
      readonly to?: Address;
    };

/** The kernel keeps milliseconds in 32 bits: `IPSET_MAX_TIMEOUT`, (UINT_MAX >> 1) / 1000. */
export const MAX_TIMEOUT_SECONDS = 2_147_483;

/**
 * Why a change failed, for programs. `wrong-family`, `out-of-range`, `prefix-unsupported`,
 * `unsupported-type` and `unstorable` stay so and the ban is given up; after every other fault it is
 * tried again.
 */
export type ChangeFault =
  | 'set-missing'
  | 'set-full'
  | 'wrong-family'
  | 'out-of-range'
  | 'timeout-unsupported'
  | 'prefix-unsupported'
  | 'unstorable'
  | 'unsupported-type'
  | 'permission-denied'
  | 'unavailable'
  | 'unknown';

/**
 * The verdict on one change. `unchanged`: a `del` of what was not there; `present`: an `onlyNew` of
 * what was there.
 */
export type ChangeReport =
  | { readonly outcome: 'applied' | 'unchanged' | 'present' }
  | { readonly outcome: 'failed'; readonly fault: ChangeFault; readonly detail: string };

/** How to create a set that is missing. */
export interface SetSpec {
  readonly set: SetName;
  readonly type: SetType;
  readonly family: Family;
  /** undefined: a set without timeouts. */
  readonly defaultTimeoutSeconds?: number;
  readonly maxEntries?: number;
  /** Needed for bitmap:ip: `192.0.2.0/24` or `192.0.2.1-192.0.2.9`. */
  readonly range?: string;
  /** Let entries carry a comment. Default false; sets of nftables carry none. */
  readonly comments?: boolean;
}

/**
 * What edits kernel sets. Every operation is idempotent, and one bad change costs one change. Calls
 * for one set take effect in their order; those for different sets do not wait for each other longer
 * than the kernel makes them: some milliseconds.
 * Every implementation passes `backendContract` from `@vallum/core/testing`.
 */
export interface Backend {
  readonly name: string;

  /**
   * Says whether `apply` of a change with this address takes microseconds: then its message is
   * acknowledged once it is applied. Otherwise, and without this method, once the ledger keeps it;
   * what arrives while `apply` is under way is applied together.
   */
  immediate?(address: Address): boolean;

  /**
   * Describes a set.
   *
   * @returns undefined where no such set exists
   * @throws VallumError `PERMISSION_DENIED`, `BACKEND_UNAVAILABLE` or `BACKEND_FAILED`
   */
  inspect(set: SetName): Promise<SetInfo | undefined>;

  /**
   * Reads anew what `SetInfo.dropped` tells, in passing: it looks at rules only, not at what the sets hold,
   * and waits for no change that is under way. Without this method it is as old as the last `inspect`.
   *
   * @returns only those of the sets that `inspect` has found, and that rules have counted for
   * @throws VallumError as `inspect`
   */
  drops?(sets: readonly SetName[]): Promise<ReadonlyMap<SetName, DropCount>>;

  /**
   * Lists what a set holds, exceptions included, each once and in no order: `visit` gets some
   * thousands at a time, and the event loop goes on in between. What is visited is not used again,
   * so that it may be kept.
   *
   * @throws VallumError as `inspect`, and `BACKEND_FAILED` where the set is missing
   * @throws what `visit` throws
   */
  members(set: SetName, visit: (members: MemberColumns) => void): Promise<void>;

  /**
   * Says whether packets match: from a single address, where it or a prefix around it is in the set
   * and no exception (`nomatch`) is nearer; of a prefix, where just this prefix is an entry that is
   * no exception.
   *
   * Without this method a caller has to look through `members`.
   *
   * @throws VallumError as `members`
   */
  test?(set: SetName, address: Address): Promise<boolean>;

  /**
   * Says whether an exception (`nomatch`) lets packets pass: of a single address, where it or the
   * nearest prefix around it is one; of a prefix, where just this prefix is. Without this method sets
   * hold no exceptions.
   *
   * @throws VallumError as `members`
   */
  excepts?(set: SetName, address: Address): Promise<boolean>;

  /**
   * Applies a few changes; those of each set in order. Adding again replaces timeout and comment and
   * makes an exception an entry; deleting what is not there is `unchanged`.
   *
   * @returns one report a change, at the same index; a change that failed is a value, not an error
   */
  apply(changes: readonly Change[]): Promise<ChangeReport[]>;

  /**
   * As `apply`, for many changes of one set: where a backend can do that faster. The event loop goes
   * on meanwhile; the columns have to stay as they are. Others call `applyInColumns`, which does
   * without this method where it is not there.
   */
  applyColumns?(changes: ChangeColumns): Promise<ChangeVerdicts>;

  /**
   * Calls back once somebody else has changed what a set holds, or made or destroyed it, within some
   * hundred milliseconds; where there is no telling which, for every set that was asked about. Own
   * changes are not told. Costs nothing to speak of at rest. No method: the kernel does not tell.
   *
   * @returns ends it
   * @throws VallumError as `inspect`
   */
  watch?(changed: (set: SetName) => void): () => void;

  /**
   * Creates a set; one that exists already stays as it is.
   *
   * @throws VallumError as `inspect`
   */
  create(spec: SetSpec): Promise<'created' | 'exists'>;

  /** The commands that create a missing set, for an administrator to type. Default: ipset's. */
  howToCreate?(set: SetName): string;

  /** Ends helpers and sockets; kernel sets stay as they are. */
  close(): Promise<void>;
}
