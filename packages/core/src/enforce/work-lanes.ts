import type { EntryWork } from './entry-work.js';

/** Entries in one call of the backend: some milliseconds. */
export const SLICE = 2_000;
/** Works with more entries than this let others pass. */
const FEW = 256;

/** A part of a work: its entries [from, to). */
export interface WorkPart {
  readonly work: EntryWork;
  readonly from: number;
  readonly to: number;
}

/**
 * What waits for one kernel set in two lanes: what few asked for, and long lists. A list that waits
 * gets every other turn, however many single bans come.
 */
export class WorkLanes {
  readonly #few: EntryWork[] = [];
  readonly #many: EntryWork[] = [];
  #manyNext = false;

  /** How many works wait, and not their entries. */
  get length(): number {
    return this.#few.length + this.#many.length;
  }

  get hasLists(): boolean {
    return this.#many.length > 0;
  }

  push(work: EntryWork): void {
    (work.batch.length <= FEW ? this.#few : this.#many).push(work);
  }

  /**
   * Takes what goes into one call: many small works, or a part of a list.
   *
   * @returns nothing where nothing waits
   */
  take(): readonly WorkPart[] {
    const isListsTurn = this.#manyNext;
    this.#manyNext = !isListsTurn;
    const [list] = this.#many;
    if (list !== undefined && (isListsTurn || this.#few.length === 0)) return [this.#part(list)];
    return this.#together();
  }

  #part(list: EntryWork): WorkPart {
    const from = list.next;
    const to = Math.min(from + SLICE, list.batch.length);
    list.next = to;
    if (to === list.batch.length) this.#many.shift();
    return { work: list, from, to };
  }

  #together(): WorkPart[] {
    const taken: WorkPart[] = [];
    let count = 0;
    for (const work of this.#few) {
      if (count > 0 && count + work.batch.length > SLICE) break;
      taken.push({ work, from: 0, to: work.batch.length });
      count += work.batch.length;
    }
    this.#few.splice(0, taken.length);
    return taken;
  }
}

/** The plan's rows of some parts, one behind the other. */
export function rowsOf(parts: readonly WorkPart[]): Int32Array {
  const slices = parts.map(({ work, from, to }) => work.rows.subarray(from, to));
  const [only] = slices;
  if (only !== undefined && slices.length === 1) return only;
  const joined = new Int32Array(slices.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const slice of slices) {
    joined.set(slice, at);
    at += slice.length;
  }
  return joined;
}
