import { NEVER } from '../message/entry-columns.js';
import { NumberColumn } from './number-column.js';

// Looked up once: where a test runner stands in for the global object, a look costs more than the rest.
const { ceil, max, min } = Math;

// 2106-02-07. What is due later is not queued: no process runs for so long.
const LAST_SECOND = 0xffff_ffff;

const CHILDREN = 4;

/**
 * Which row is due when: a heap, four below each, over the rows, each in it once at most. A row that is put off
 * stays where it is, and is filed anew when its former moment comes: renewing costs nothing.
 */
export class EndQueue {
  #size = 0;
  /** Unix seconds, and whose; the heap's root first. */
  readonly #moments = new NumberColumn();
  readonly #rows = new NumberColumn();
  /** Where in the heap each row is, + 1; 0: not queued. */
  readonly #places = new NumberColumn();

  get byteLength(): number {
    return this.#moments.byteLength + this.#rows.byteLength + this.#places.byteLength;
  }

  get size(): number {
    return this.#size;
  }

  /** The earliest moment of all; `NEVER`: none. */
  get nextUnix(): number {
    return this.#size === 0 ? NEVER : this.#moments.get(0);
  }

  /** The row of the earliest moment, where there is one. */
  get nextRow(): number {
    return this.#rows.get(0);
  }

  /** Has a row taken no later than at this moment (Unix seconds or `NEVER`). */
  file(row: number, unix: number): void {
    if (unix > LAST_SECOND) return;
    const moment = max(0, ceil(unix));
    const place = this.#places.get(row);
    if (place === 0) {
      this.#size += 1;
      this.#raise(this.#size - 1, moment, row);
    } else if (moment < this.#moments.get(place - 1)) {
      this.#raise(place - 1, moment, row);
    }
  }

  /** Files the row that is next anew, or takes it out where it is never due. */
  refileNext(unix: number): void {
    const row = this.nextRow;
    if (unix > LAST_SECOND) this.remove(row);
    else this.#sink(0, max(0, ceil(unix)), row);
  }

  remove(row: number): void {
    const place = this.#places.get(row);
    if (place === 0) return;
    this.#places.set(row, 0);
    this.#size -= 1;
    const hole = place - 1;
    if (hole === this.#size) return;
    const moment = this.#moments.get(this.#size);
    const last = this.#rows.get(this.#size);
    if (hole > 0 && moment < this.#moments.get((hole - 1) >>> 2)) this.#raise(hole, moment, last);
    else this.#sink(hole, moment, last);
  }

  #raise(from: number, moment: number, row: number): void {
    let hole = from;
    while (hole > 0) {
      const parent = (hole - 1) >>> 2;
      const parentMoment = this.#moments.get(parent);
      if (parentMoment <= moment) break;
      this.#put(hole, parentMoment, this.#rows.get(parent));
      hole = parent;
    }
    this.#put(hole, moment, row);
  }

  #sink(from: number, moment: number, row: number): void {
    let hole = from;
    for (;;) {
      const first = CHILDREN * hole + 1;
      if (first >= this.#size) break;
      const end = min(first + CHILDREN, this.#size);
      let child = first;
      let childMoment = this.#moments.get(first);
      for (let other = first + 1; other < end; other++) {
        const otherMoment = this.#moments.get(other);
        if (otherMoment >= childMoment) continue;
        child = other;
        childMoment = otherMoment;
      }
      if (childMoment >= moment) break;
      this.#put(hole, childMoment, this.#rows.get(child));
      hole = child;
    }
    this.#put(hole, moment, row);
  }

  #put(place: number, moment: number, row: number): void {
    this.#moments.set(place, moment);
    this.#rows.set(place, row);
    this.#places.set(row, place + 1);
  }
}
