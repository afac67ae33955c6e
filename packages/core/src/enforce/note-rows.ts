import { FLAG } from '../plan/set-plan.js';
import { noteOurs } from './note-ours.js';
import { nowUnix } from './now-unix.js';
import type { EnforceContext } from './enforce-context.js';
import type { Upkeep } from './upkeep.js';

/** Rows that the journal is to hear of. */
export class NoteRows {
  readonly cleared: number[] = [];
  readonly foreign: number[] = [];
  readonly ours: number[] = [];
  /** Networks that a policy has widened bans to. */
  readonly widened: number[] = [];

  write(upkeep: Upkeep, { notes, clock }: EnforceContext): void {
    const { set, plan } = upkeep;
    noteOurs(upkeep, this.ours, notes, nowUnix(clock));
    for (const row of this.ours) plan.unmark(row, FLAG.NOTED);
    if (this.cleared.length > 0) {
      notes.note(
        set,
        'cleared',
        plan.addresses(Int32Array.from(this.cleared), this.cleared.length),
      );
    }
    if (this.widened.length > 0) {
      notes.note(
        set,
        'widened',
        plan.addresses(Int32Array.from(this.widened), this.widened.length),
      );
    }
    if (this.foreign.length > 0) {
      notes.note(
        set,
        'foreign',
        plan.addresses(Int32Array.from(this.foreign), this.foreign.length),
      );
    }
  }
}
