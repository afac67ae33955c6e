import type { PlacedColumns } from '../message/entry-columns.js';
import type { Telling } from './telling.js';

/** Entries of one family for one set that the ledger has taken, on their way into the kernel. */
export interface EntryWork {
  readonly batch: PlacedColumns;
  /**
   * A sweep that was asked for after this (Unix milliseconds) deletes what is in the kernel set whoever
   * put it there; an older one ends leases and no more.
   */
  readonly purgesSinceMs: number;
  /** What the ledger made of each entry (`ledger/outcomes`). */
  readonly merged: Uint8Array;
  /** The plan's row of each, `NOT_ALLOWED` or `UNKNOWN`. */
  readonly rows: Int32Array;
  /** By `batch.messages`. */
  readonly tellings: readonly Telling[];
  /** What went wrong on our side with an entry, by its index: it is told as failed. */
  readonly faults: Map<number, string>;
  /** Called once every entry has its verdict. */
  readonly finished: () => void;
  /** Entries that the kernel could not take now, and that are tried again. */
  unsettled: number;
  /** How many have been told. */
  told: number;
  /** Entries before this one are done. */
  next: number;
  /** Works are numbered in the order in which they were asked for. */
  number: number;
}
