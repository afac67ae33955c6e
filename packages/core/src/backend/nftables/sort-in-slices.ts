import type { TimeSlice } from '../../system/time-slice.js';

/** Sorted at once: less than a millisecond. */
const RUN = 1024;

/**
 * Sorts as `Array.sort`, while the event loop goes on: what is sorted already, forwards or backwards,
 * is only looked through.
 *
 * @returns the items in order, maybe in the same array
 */
export async function sortInSlices<Item>(
  items: Item[],
  compare: (one: Item, other: Item) => number,
  slice: TimeSlice,
): Promise<Item[]> {
  if (await isSorted(items, compare, slice)) return items;
  if (await isSorted(items, (one, other) => -compare(one, other) || 1, slice)) {
    return items.reverse();
  }
  let from = items;
  for (let start = 0; start < from.length; start += RUN) {
    const run = from.slice(start, start + RUN).sort(compare);
    for (const [index, item] of run.entries()) from[start + index] = item;
    if (slice.isOver) await slice.breathe();
  }
  let to = new Array<Item>(from.length);
  for (let length = RUN; length < from.length; length *= 2) {
    for (let start = 0; start < from.length; start += 2 * length) {
      await merge(from, to, start, length, compare, slice);
    }
    [from, to] = [to, from];
  }
  return from;
}

async function isSorted<Item>(
  items: readonly Item[],
  compare: (one: Item, other: Item) => number,
  slice: TimeSlice,
): Promise<boolean> {
  for (let index = 1; index < items.length; index++) {
    const [one, other] = [items[index - 1], items[index]];
    if (one !== undefined && other !== undefined && compare(one, other) > 0) return false;
    if (index % RUN === 0 && slice.isOver) await slice.breathe();
  }
  return true;
}

/** Merges two neighbouring runs of a length. */
async function merge<Item>(
  from: readonly Item[],
  to: Item[],
  start: number,
  length: number,
  compare: (one: Item, other: Item) => number,
  slice: TimeSlice,
): Promise<void> {
  const middle = Math.min(start + length, from.length);
  const end = Math.min(start + 2 * length, from.length);
  let left = start;
  let right = middle;
  for (let next = start; next < end; next++) {
    const one = left < middle ? from[left] : undefined;
    const other = right < end ? from[right] : undefined;
    // Of equal ones the left stays in front.
    if (other === undefined || (one !== undefined && compare(one, other) <= 0)) {
      if (one !== undefined) to[next] = one;
      left++;
    } else {
      to[next] = other;
      right++;
    }
    if (next % RUN === 0 && slice.isOver) await slice.breathe();
  }
}
