import type { AddressColumns } from '../address/address-columns.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import type { EntryColumns } from '../message/entry-columns.js';
import type { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';

/**
 * What is known of a kernel set beside the leases: it no longer holds these addresses, so that nothing
 * is owed (`cleared`), it holds them for somebody else (`foreign`), or it may hold these networks by us,
 * that a policy has widened bans to (`widened`). A note is about an address, and holds until the next entry or note about this address in this set.
 */
export type JournalNote = 'cleared' | 'foreign' | 'widened';

/** A part of what a store keeps instead of everything it has: entries, or addresses of a note. */
export type JournalPiece =
  | { readonly set: SetName; readonly note?: undefined; readonly columns: RegisterColumns }
  | { readonly set: SetName; readonly note: JournalNote; readonly columns: AddressColumns };

/**
 * What a journal is read by. The columns are the store's own: they are overwritten when the call is
 * over, and may have room for more than `length`.
 */
export interface JournalVisitor {
  /** Entries are in the order in which they were appended; merging them makes the ledger. */
  entries(set: SetName, columns: RegisterColumns): void;
  /** Addresses that were noted as `cleared`, at their place among the entries. */
  cleared(set: SetName, columns: AddressColumns): void;
  /** Addresses that were noted as `foreign`, likewise. */
  foreign(set: SetName, columns: AddressColumns): void;
  /** Networks that were noted as `widened`, likewise. */
  widened(set: SetName, columns: AddressColumns): void;
}

/** What `LedgerStore.load` found. */
export interface LoadSummary {
  /** Entries and notes that were visited. */
  readonly records: number;
  /** How many of `records` have come since the journal was last replaced: what replacing may save. */
  readonly appended: number;
  /** Places that could not be read. What is behind them was read. */
  readonly damage: JournalDamage | undefined;
  /** Bytes of a record at the very end that a crash cut off: it was never acknowledged. */
  readonly tornBytes: number;
  /** The file of an earlier version that was read, and is put aside by the next `replace`. */
  readonly takenOver: { readonly path: string; readonly records: number } | undefined;
}

/** What of a journal could not be read. */
export interface JournalDamage {
  readonly places: number;
  readonly bytes: number;
  /** Where the unreadable bytes are kept; undefined where they could not be written. */
  readonly setAside: string | undefined;
}

/** Why a store keeps less than it should. */
export interface StoreTrouble {
  /**
   * `lost`: what was appended is not kept any more (the file is gone, the disk has failed) until
   * `replace` succeeds. `low`: all is kept, but there is room for little more.
   */
  readonly kind: 'lost' | 'low';
  readonly error: VallumError;
}

/** Keeps the ledger where a crash of the process cannot reach it. */
export interface LedgerStore {
  /** True where what `append` has taken survives `kill -9`. */
  readonly durable: boolean;
  /** How much `load` is about to read, by which room is made for it; undefined: not known. */
  readonly bytes?: number | undefined;
  /**
   * When this node was last among others that hold what it holds, as `touch` was told; undefined:
   * never. Unix seconds.
   */
  readonly touchedUnix?: number | undefined;
  /**
   * Keeps `touchedUnix`. A store without it makes every start that of a new node.
   *
   * @throws VallumError `STORE_FAILED`
   */
  touch?(nowUnix: number): Promise<void>;
  /** What came up behind `append`. */
  readonly trouble?: StoreTrouble | undefined;
  /**
   * Visits what is kept. Breathes.
   *
   * @throws VallumError `STORE_FAILED`
   */
  load(visitor: JournalVisitor): Promise<LoadSummary>;
  /**
   * Appends the entries whose `wanted` is not 0; all of them without it. Returns once they survive
   * the process. What it was given may change afterwards.
   *
   * @throws VallumError `STORE_FAILED`: disk full, read-only. A part may have been kept.
   */
  append(set: SetName, columns: EntryColumns, wanted?: Uint8Array): void;
  /** @throws VallumError `STORE_FAILED` */
  note(set: SetName, note: JournalNote, columns: AddressColumns): void;
  /**
   * Runs `work`; what it appends goes out in one write when it is over, also where it throws.
   *
   * @throws VallumError `STORE_FAILED`, and whatever `work` throws
   */
  together(work: () => void): void;
  /**
   * Replaces everything by these pieces, at once for whoever looks; what is appended meanwhile follows
   * behind them. Breathes between pieces.
   *
   * @throws VallumError `STORE_FAILED`: everything is as it was
   */
  replace(pieces: Iterable<JournalPiece>): Promise<void>;
  /** Ends it. What `append` has taken is kept. */
  close(): Promise<void>;
}
