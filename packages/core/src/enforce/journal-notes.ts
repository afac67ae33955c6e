import type { AddressColumns } from '../address/address-columns.js';
import type { JournalNote } from '../journal/store.js';
import type { EntryColumns } from '../message/entry-columns.js';
import type { SetName } from '../words/names.js';

/**
 * What the journal is told of kernel sets, so that the next start knows whose an entry is: `cleared`,
 * nothing of ours is there any more; `foreign`, somebody else's entry stands there; `widened`, an entry of
 * ours does that no lease names.
 */
export interface JournalNotes {
  note(set: SetName, note: JournalNote, addresses: AddressColumns): void;
  /** Entries of which the kernel set may hold what they ask for. */
  append(set: SetName, entries: EntryColumns): void;
  together(work: () => void): void;
}
