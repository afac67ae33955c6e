import { escapeForDisplay } from '../words/escape.js';
import type { Failure } from '../words/result.js';
import type { Rejection, RejectionReason } from './command.js';

/** So many rejections of a message are kept; a list that is no list has tens of thousands. */
export const MAX_REJECTIONS = 100;

/** What the reading of one message came to, beside the entries themselves. */
export interface Reading {
  /** How many were understood; those for several sets count once. */
  readonly entries: number;
  /** How many stamps lay too far ahead, and were cut to the receiver's clock. */
  readonly cutStamps: number;
  /** What the places of its entries are called: `line 3`, `entry 2`. */
  readonly placeWord: 'line' | 'entry';
  /** The first `MAX_REJECTIONS`. */
  readonly rejections: readonly Rejection[];
  /** How many more there were, by code. */
  readonly rejectedMore: ReadonlyMap<RejectionReason, number>;
}

const NO_MORE: ReadonlyMap<RejectionReason, number> = new Map();

/** Counts while a message is read. */
export class ReadingCounts implements Reading {
  entries = 0;
  cutStamps = 0;
  placeWord: 'line' | 'entry' = 'line';
  rejections: Rejection[] = [];
  #more: Map<RejectionReason, number> | undefined;

  get rejectedMore(): ReadonlyMap<RejectionReason, number> {
    return this.#more ?? NO_MORE;
  }

  /**
   * @param place of an entry by its number, of anything else by name
   * @param input called where it is going to be shown
   */
  reject(
    { reason, detail }: Failure<RejectionReason>,
    place: number | 'topic' | 'payload',
    input: () => string | Uint8Array,
  ): void {
    if (this.rejections.length >= MAX_REJECTIONS) {
      this.#more ??= new Map();
      this.#more.set(reason, 1 + (this.#more.get(reason) ?? 0));
      return;
    }
    this.rejections.push({
      code: reason,
      place: typeof place === 'string' ? place : `${this.placeWord} ${String(place)}`,
      input: escapeForDisplay(input()),
      detail,
    });
  }

  /** The message had one entry: it is the payload. */
  placeAlone(): void {
    this.rejections = this.rejections.map((rejection) => ({ ...rejection, place: 'payload' }));
  }
}
