import type { AddressColumns } from '../address/address-columns.js';
import type { SetName } from '../words/names.js';

/**
 * What the journal is told of kernel sets, so that the next start knows whose an entry is: `cleared`,
 * nothing of ours is there any more; `foreign`, somebody else's entry stands there.
 */
export interface JournalNotes {
  note(set: SetName, note: 'cleared' | 'foreign', addresses: AddressColumns): void;
}
