import type { AddressText } from '../address/address.js';
import type { Origin, SetName } from '../message/names.js';

/** One line of the ledger's journal; replaying all of them gives the ledger. */
export type LedgerRecord =
  | {
      readonly op: 'ban';
      readonly set: SetName;
      readonly address: AddressText;
      /** '' for an anonymous request. */
      readonly origin: Origin | '';
      readonly until: number | 'never' | 'default';
      readonly reason?: string;
    }
  | {
      readonly op: 'unban';
      readonly set: SetName;
      readonly address: AddressText;
      /** undefined: every origin's. */
      readonly origin?: Origin;
    }
  /** The kernel set does not hold the address any more: nothing is left to do for it. */
  | { readonly op: 'cleared'; readonly set: SetName; readonly address: AddressText };

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
