import type { EntryColumns } from '../message/entry-columns.js';

/**
 * What a ledger knows, in columns: a lease is a `BAN`, a withdrawal an `UNBAN` with an origin, a sweep
 * one without. Merging them into another ledger teaches it all of it.
 */
export interface RegisterColumns extends EntryColumns {
  /**
   * The latest end of all leases that this one has superseded or ended, Unix seconds or `NEVER`;
   * 0: none is known. See `forgetAt`.
   */
  readonly keepUntils: Float64Array;
}

export function isRegisterColumns(columns: EntryColumns): columns is RegisterColumns {
  return 'keepUntils' in columns;
}
