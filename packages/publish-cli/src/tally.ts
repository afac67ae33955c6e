import type { PublishCaveat } from '@vallum/core';
import { groupDigits } from '@vallum/options';
import type { BadEntry, PlannedMessage } from './plan-messages.js';

/** Beyond this a list is probably no list of addresses at all. */
const MOST_COMPLAINTS = 100;

/** Entries and messages that went the same way. */
export interface Amount {
  entries: number;
  messages: number;
}

/** What has come of the sending, counted while it ran. */
export class Tally {
  /** The broker confirmed them, and has somebody for them as far as it says. */
  readonly confirmed: Amount = { entries: 0, messages: 0 };
  /** The broker confirmed them, and has nobody for them. */
  readonly unheard: Amount = { entries: 0, messages: 0 };
  /** Sent at QoS 0. */
  readonly unconfirmed: Amount = { entries: 0, messages: 0 };
  bad = 0;
  duplicates = 0;
  /** The first of the bad ones. */
  readonly rejections: BadEntry[] = [];
  readonly #complain: (line: string) => void;

  constructor(complain: (line: string) => void) {
    this.#complain = complain;
  }

  sent({ entries }: PlannedMessage, caveat: PublishCaveat | undefined): void {
    const amount = this[caveat ?? 'confirmed'];
    amount.entries += entries;
    amount.messages += 1;
  }

  rejected(entry: BadEntry): void {
    this.bad += 1;
    if (this.bad > MOST_COMPLAINTS) return;
    this.rejections.push(entry);
    this.#complain(`${entry.place}: "${entry.input}": ${entry.detail}`);
  }

  /** When all has been read. */
  close(): void {
    const more = this.bad - MOST_COMPLAINTS;
    if (more > 0) this.#complain(`${groupDigits(more)} more entries are unusable`);
  }
}
