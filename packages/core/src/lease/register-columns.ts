import type { EntryColumns } from '../message/entry-columns.js';

/** Registers of a ledger in columns: what was asked for, and how long it has to be remembered. */
export interface RegisterColumns extends EntryColumns {
  /**
   * The latest end of all leases that this register superseded or ended: Unix seconds, `NEVER`, or 0
   * where none is known.
   */
  readonly keepUntils: Float64Array;
}
