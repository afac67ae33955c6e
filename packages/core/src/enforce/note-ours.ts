import { wordsPerAddress } from '../address/address-columns.js';
import { isLive, type Lease } from '../lease/lease.js';
import { EntryBatch, type EntryTerms } from '../message/entry-batch.js';
import { AS_THE_SET_SAYS, BAN, NEVER, NO_END_NAMED, OWN_STAMP } from '../message/entry-columns.js';
import { sourceOf } from './folded-addresses.js';
import type { JournalNotes } from './journal-notes.js';
import type { Upkeep } from './upkeep.js';

/**
 * Takes back what the journal was told of addresses whose entries were not ours: they are now. Else
 * the next start would leave them in the set for ever. A lease that is written again says so.
 */
export function noteOurs(
  upkeep: Upkeep,
  rows: readonly number[],
  notes: JournalNotes,
  nowUnix: number,
): void {
  if (rows.length === 0) return;
  const { set, family, plan, page } = upkeep;
  const perAddress = wordsPerAddress(family);
  const batch = new EntryBatch(family, rows.length);
  for (const row of rows) {
    const { columns, index } = sourceOf(upkeep, row);
    const head = page.findAt(columns, index);
    const [lease] = head < 0 ? [] : page.leases(head);
    if (lease === undefined || !isLive(lease, nowUnix)) continue;
    const words = columns.words.subarray(index * perAddress, (index + 1) * perAddress);
    batch.pushWords(words, columns.prefixLengths[index] ?? 0, termsOf(lease));
  }
  notes.together(() => {
    notes.note(set, 'cleared', plan.addresses(Int32Array.from(rows), rows.length));
    if (batch.length > 0) notes.append(set, batch);
  });
}

function termsOf({ origin, until, reason = '', stamp, ownStamp }: Lease): EntryTerms {
  return {
    action: BAN,
    flags: (ownStamp ? OWN_STAMP : 0) | (until === 'default' ? NO_END_NAMED : 0),
    origin,
    until: until === 'never' ? NEVER : until === 'default' ? AS_THE_SET_SAYS : until,
    stamp,
    reason,
    message: 0,
    place: 0,
  };
}
