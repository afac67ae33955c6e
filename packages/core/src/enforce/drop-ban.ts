import type { Address } from '../address/address.js';
import type { ChangeFault } from '../backend/backend.js';
import type { SetName } from '../words/names.js';
import type { EnforceContext } from './context.js';

/** The set as it is will never take this address: trying again cannot help. */
const HOPELESS: readonly ChangeFault[] = [
  'wrong-family',
  'out-of-range',
  'prefix-unsupported',
  'unstorable',
  'unsupported-type',
];

export function isHopeless(fault: ChangeFault): boolean {
  return HOPELESS.includes(fault);
}

type Books = Pick<EnforceContext, 'ledger' | 'journal'>;

/** Takes a ban out of the ledger that its set will never hold. */
export function dropBan({ ledger, journal }: Books, set: SetName, address: Address): void {
  ledger.withdraw(set, address, undefined);
  ledger.clear(set, address);
  journal.keep([{ op: 'cleared', set, address: address.text }]);
}

/** Ends a ban that policy does not allow (any more): the kernel set may hold it from before. */
export function liftBan({ ledger, journal }: Books, set: SetName, address: Address): void {
  ledger.withdraw(set, address, undefined);
  journal.keep([{ op: 'unban', set, address: address.text }]);
}

/** The kernel set does not hold a withdrawn address any more. */
export function clearBan({ ledger, journal }: Books, set: SetName, address: Address): void {
  if (ledger.clear(set, address)) journal.keep([{ op: 'cleared', set, address: address.text }]);
}
