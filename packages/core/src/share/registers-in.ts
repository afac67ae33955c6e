import type { RegisterColumns } from '../lease/register-columns.js';
import type { Ledger } from '../ledger/ledger.js';
import type { SetName } from '../words/names.js';

/** The registers of some buckets of a set, of both families, some 4,096 at a time. */
export function* registersIn(
  ledger: Ledger,
  set: SetName,
  buckets: Uint8Array,
): Generator<RegisterColumns> {
  yield* ledger.page(set, 'ipv4').buckets(buckets);
  yield* ledger.page(set, 'ipv6').buckets(buckets);
}

/** What both sides of a pull salt their fingerprints with. */
export function saltOf(id: string): number {
  return parseInt(id.slice(0, 8), 16);
}
