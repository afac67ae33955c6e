import { PROTECT_TOPIC } from '@vallum/core';

/** Those of bans: that of the fleet's protect list is told of apart. */
export function ledgersOfSets<Ledger extends { readonly topic?: unknown }>(
  ledgers: readonly Ledger[],
): Ledger[] {
  return ledgers.filter(({ topic }) => topic !== PROTECT_TOPIC);
}
