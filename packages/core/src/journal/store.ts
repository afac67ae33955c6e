import type { LedgerRecord } from '../ledger/record.js';

/** Keeps the ledger where a crash of the process cannot reach it. */
export interface LedgerStore {
  /** True where a record that `append` has taken survives `kill -9`. */
  readonly durable: boolean;
  /** @throws VallumError `STORE_FAILED` */
  load(): Promise<LedgerRecord[]>;
  /**
   * Returns once the records survive the process.
   *
   * @throws VallumError `STORE_FAILED`: disk full, read-only
   */
  append(records: readonly LedgerRecord[]): void;
  /** Replaces everything by these records, atomically. @throws VallumError `STORE_FAILED` */
  replace(records: readonly LedgerRecord[]): Promise<void>;
  close(): Promise<void>;
}
