import type { TimeSlice } from '../../system/time-slice.js';
import { ADD_NEW, DELETE, NO_TIMEOUT, type ChangeColumns } from '../backend.js';
import type { Member } from './interval-comment.js';
import { lastOfPrefix, positionAt, type Position } from '../../address/position.js';
import type { NftSet } from './set-driver.js';

/** The clock is looked at once for so many. */
const STEP = 1024;

/**
 * Changes of one interval set, named by their place. In columns: there may be hundreds of thousands,
 * they are worked through in the order of their addresses, and following pointers from object to
 * object all over the memory would take longer than all the rest.
 */
export class IntervalChanges {
  readonly columns: ChangeColumns;
  /** The rows of the columns that are meant, in order: a change's place is its index here. */
  readonly rows: Uint32Array;
  /** 0: it is deleted. */
  readonly #endsAtMs: Float64Array;
  readonly #firsts: Position[] = [];
  readonly #lasts: Position[] = [];

  private constructor(columns: ChangeColumns, rows: Uint32Array) {
    this.columns = columns;
    this.rows = rows;
    this.#endsAtMs = new Float64Array(rows.length);
  }

  static async of(
    columns: ChangeColumns,
    rows: Uint32Array,
    { defaultTimeoutMs = 0 }: Pick<NftSet, 'defaultTimeoutMs'>,
    nowMs: number,
    slice: TimeSlice,
  ): Promise<IntervalChanges> {
    const changes = new IntervalChanges(columns, rows);
    for (let place = 0; place < rows.length; place++) {
      changes.#place(place, defaultTimeoutMs, nowMs);
      if (place % STEP === STEP - 1 && slice.isOver) await slice.breathe();
    }
    return changes;
  }

  get length(): number {
    return this.rows.length;
  }

  // Each has its own way into its column: shared ones are several times slower.

  row(place: number): number {
    return this.rows[place] ?? 0;
  }

  first(place: number): Position {
    return this.#firsts[place] ?? 0;
  }

  last(place: number): Position {
    return this.#lasts[place] ?? 0;
  }

  prefixLength(place: number): number {
    return this.columns.prefixLengths[this.row(place)] ?? 0;
  }

  isDeleted(place: number): boolean {
    return this.#endsAtMs[place] === 0;
  }

  /** Whether it is to be left alone where it is there. */
  isNew(place: number): boolean {
    return this.columns.ops[this.row(place)] === ADD_NEW;
  }

  /** What an addition makes of its prefix. */
  member(place: number): Member {
    return {
      first: this.first(place),
      last: this.last(place),
      prefixLength: this.prefixLength(place),
      endsAtMs: this.#endsAtMs[place] ?? 0,
    };
  }

  #place(place: number, defaultTimeoutMs: number, nowMs: number): void {
    const { columns } = this;
    const row = this.row(place);
    const first = positionAt(columns, row);
    this.#firsts.push(first);
    this.#lasts.push(lastOfPrefix(first, this.prefixLength(place)));
    if (columns.ops[row] === DELETE) return;
    const seconds = columns.timeoutSeconds[row] ?? NO_TIMEOUT;
    const timeoutMs = seconds === NO_TIMEOUT ? defaultTimeoutMs : seconds * 1000;
    this.#endsAtMs[place] = timeoutMs === 0 ? Infinity : nowMs + timeoutMs;
  }
}
