import type { SetInfo } from '../backend/backend.js';
import type { Ban } from '../lease/lease.js';
import type { SetName } from '../words/names.js';
import { resolveDefault } from '../plan/plan-changes.js';
import type { EnforceContext } from './context.js';

/** Gives the leases an end that were recorded before the set, and so its own timeout, was known. */
export function settleDefault(
  { ledger, journal }: Pick<EnforceContext, 'ledger' | 'journal'>,
  set: SetName,
  ban: Ban,
  info: SetInfo,
  now: number,
): Ban {
  let settled = ban;
  for (const lease of ban.leases) {
    if (lease.until !== 'default') continue;
    const ended = { ...lease, until: resolveDefault(lease.until, info, now) };
    settled = ledger.record(set, ban.address, ended);
    journal.keep([{ op: 'ban', set, address: ban.address.text, ...ended }]);
  }
  return settled;
}
