import { addressWidth } from '../address/address.js';
import { TimeSlice } from '../system/time-slice.js';
import { BATCH, MemberBatches, type MemberRows } from './member-batches.js';

/** The clock is looked at once in 256 members. */
const LOOK_AT_CLOCK = 0xff;

/** @returns the same listing where nothing is in it twice, else one with the first of each */
export async function withoutRepeats(listed: MemberBatches): Promise<MemberBatches> {
  const slice = new TimeSlice();
  const index = new RowIndex(listed);
  let once: MemberBatches | undefined;
  let place = 0;
  for (const rows of listed.all) {
    for (let row = 0; row < rows.length; row++, place++) {
      if ((place & LOOK_AT_CLOCK) === LOOK_AT_CLOCK && slice.isOver) await slice.breathe();
      if (index.add(rows, row, place)) {
        once?.copy(rows, row);
      } else {
        once ??= firstOf(listed, place);
      }
    }
  }
  return once ?? listed;
}

function firstOf(listed: MemberBatches, length: number): MemberBatches {
  const copy = new MemberBatches();
  let place = 0;
  for (const rows of listed.all) {
    for (let row = 0; row < rows.length && place < length; row++, place++) copy.copy(rows, row);
  }
  return copy;
}

/** Finds addresses of a listing by open addressing: without an object for each. */
class RowIndex {
  readonly #batches: readonly MemberRows[];
  /** Place + 1; 0: free. */
  readonly #slots: Uint32Array;
  readonly #mask: number;

  constructor(listed: MemberBatches) {
    this.#batches = listed.all;
    let size = 16;
    while (size < 2 * listed.length) size *= 2;
    this.#slots = new Uint32Array(size);
    this.#mask = size - 1;
  }

  /** @returns false where it is there already */
  add(rows: MemberRows, row: number, place: number): boolean {
    const perAddress = addressWidth(rows.family) / 32;
    let hash = rows.prefixLengths[row] ?? 0;
    for (let part = perAddress * row; part < perAddress * (row + 1); part++) {
      hash = Math.imul(hash ^ (rows.words[part] ?? 0), 0x9e37_79b1);
      hash ^= hash >>> 15;
    }
    for (let slot = hash & this.#mask; ; slot = (slot + 1) & this.#mask) {
      const other = this.#slots[slot] ?? 0;
      if (other === 0) {
        this.#slots[slot] = place + 1;
        return true;
      }
      if (this.#isSame(rows, row, other - 1, perAddress)) return false;
    }
  }

  #isSame(rows: MemberRows, row: number, place: number, perAddress: number): boolean {
    const others = this.#batches[Math.floor(place / BATCH)];
    const other = place % BATCH;
    if (others?.prefixLengths[other] !== rows.prefixLengths[row]) return false;
    for (let part = 0; part < perAddress; part++) {
      if (others?.words[perAddress * other + part] !== rows.words[perAddress * row + part]) {
        return false;
      }
    }
    return true;
  }
}
