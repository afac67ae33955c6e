import type { Backend } from '../backend/backend.js';
import type { Policy } from '../policy/decide-ban.js';
import type { SteadyClock } from '../system/clock.js';
import type { JournalNotes } from './journal-notes.js';
import type { SetWatch } from './set-watch.js';

/** What the parts of enforcement share. */
export interface EnforceContext {
  readonly backend: Backend;
  readonly watch: SetWatch;
  readonly clock: SteadyClock;
  readonly notes: JournalNotes;
  policy: Policy;
  readonly warn: (sentence: string) => void;
}
