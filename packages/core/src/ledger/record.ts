import type { AddressText } from '../address/address.js';
import type { Origin, SetName } from '../words/names.js';

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
