import { addressWidth, type Family } from '../address/address.js';
import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import { TimeSlice } from '../system/time-slice.js';
import type { MemberColumns, SetMember } from './backend.js';

/** Members that are visited at a time. */
export const BATCH = 4096;

/** Columns that are being filled: who adds a row writes it at `length` and counts that up. */
export class MemberRows implements MemberColumns {
  length = 0;
  readonly family: Family;
  readonly words: Uint32Array;
  readonly prefixLengths: Uint8Array;
  readonly timeoutSeconds: Uint32Array;
  readonly exceptions: Uint8Array;
  comments?: (string | undefined)[];

  constructor(family: Family) {
    this.family = family;
    this.words = new Uint32Array(BATCH * wordsPerAddress(family));
    this.prefixLengths = new Uint8Array(BATCH).fill(addressWidth(family));
    this.timeoutSeconds = new Uint32Array(BATCH);
    this.exceptions = new Uint8Array(BATCH);
  }

  comment(text: string): void {
    this.comments ??= new Array<string | undefined>(this.length).fill(undefined);
    this.comments[this.length] = text;
  }
}

/**
 * A listing while it is being made. It is visited once it is whole: one that has to begin again is
 * then not seen twice. A million IPv4 addresses take 10 MB meanwhile.
 */
export class MemberBatches {
  #batches: MemberRows[] = [];

  /** Where the next member goes. */
  rows(family: Family): MemberRows {
    const last = this.#batches.at(-1);
    if (last !== undefined && last.length < BATCH) return last;
    const rows = new MemberRows(family);
    this.#batches.push(rows);
    return rows;
  }

  add({ address, timeoutSeconds = 0, comment, exception }: SetMember): void {
    const rows = this.rows(address.family);
    const row = rows.length;
    writeWords(address, rows.words, wordsPerAddress(address.family) * row);
    rows.prefixLengths[row] = address.prefixLength;
    rows.timeoutSeconds[row] = timeoutSeconds;
    if (exception === true) rows.exceptions[row] = 1;
    if (comment !== undefined) rows.comment(comment);
    rows.length++;
  }

  copy(from: MemberRows, row: number): void {
    const rows = this.rows(from.family);
    const perAddress = wordsPerAddress(from.family);
    for (let part = 0; part < perAddress; part++) {
      rows.words[perAddress * rows.length + part] = from.words[perAddress * row + part] ?? 0;
    }
    rows.prefixLengths[rows.length] = from.prefixLengths[row] ?? 0;
    rows.timeoutSeconds[rows.length] = from.timeoutSeconds[row] ?? 0;
    rows.exceptions[rows.length] = from.exceptions[row] ?? 0;
    const comment = from.comments?.[row];
    if (comment !== undefined) rows.comment(comment);
    rows.length++;
  }

  get length(): number {
    return this.#batches.reduce((length, rows) => length + rows.length, 0);
  }

  /** Full but for the last. */
  get all(): readonly MemberRows[] {
    return this.#batches;
  }

  /** Shows all to `visit` and keeps none, while the event loop goes on. */
  async visit(visit: (members: MemberColumns) => void): Promise<void> {
    const slice = new TimeSlice();
    for (let rows = this.#batches.pop(); rows !== undefined; rows = this.#batches.pop()) {
      visit(rows);
      if (slice.isOver) await slice.breathe();
    }
  }
}
