import type { Address } from '../address/address.js';
import type { ChangeFault } from '../backend/backend.js';
import type { SetName } from '../message/names.js';
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

/** Takes a ban out of the ledger that its set will never hold. */
export function dropBan(
  { ledger, keeper }: Pick<EnforceContext, 'ledger' | 'keeper'>,
  set: SetName,
  address: Address,
): void {
  ledger.withdraw(set, address, undefined);
  ledger.clear(set, address);
  keeper.keep([{ op: 'cleared', set, address: address.text }]);
}
