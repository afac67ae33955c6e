import type { AddressColumns } from '../address/address-columns.js';

/** `untils`: for ever. */
export const NEVER = Infinity;
/** `untils`: whatever timeout the set itself gives to an entry that names none. */
export const AS_THE_SET_SAYS = 0;

/** `actions` */
export const BAN = 0;
export const UNBAN = 1;

/** `flags`: the stamp is the receiving node's own, since the publisher gave none. */
export const OWN_STAMP = 1;
/** `flags`: the entry named no end; `untils` holds what the set made of it, once that is known. */
export const NO_END_NAMED = 2;

/**
 * What was asked for about addresses of one family in one set, in columns: what messages are decoded
 * to, what ledgers merge, what the journal keeps and what nodes send each other.
 */
export interface EntryColumns extends AddressColumns {
  /** `BAN` or `UNBAN`. */
  readonly actions: Uint8Array;
  /** `OWN_STAMP` and `NO_END_NAMED`, added. */
  readonly flags: Uint8Array;
  /** Index in `originNames`; 0: anonymous. An anonymous unban is a sweep. */
  readonly origins: Uint32Array;
  /** When a ban ends: Unix seconds, `NEVER` or `AS_THE_SET_SAYS`. Of an unban: nothing. */
  readonly untils: Float64Array;
  /** When it was asked for: Unix milliseconds; a node's own stamps have fractions. */
  readonly stamps: Float64Array;
  /** Index in `reasonTexts`; 0: none. */
  readonly reasons: Uint32Array;
  /** Starts with ''. */
  readonly originNames: readonly string[];
  /** Starts with ''. */
  readonly reasonTexts: readonly string[];
}

/** Entries, and where each was found. */
export interface PlacedColumns extends EntryColumns {
  /** Index of the message among those that were received together. */
  readonly messages: Uint32Array;
  /** Line or entry number in its message, from 1; 0: the message had no other. */
  readonly places: Uint32Array;
}
