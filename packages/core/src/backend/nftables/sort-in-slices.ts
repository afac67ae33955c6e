import { at } from './at.js';
import type { TimeSlice } from '../../netlink/index.js';

/** Sorted at once, which takes less than a millisecond. */
const CHUNK = 1024;
/** The clock is looked at once for so many. */
const STEP = 256;

/** Sorts hundreds of thousands while the event loop goes on. Stable, as `Array.sort`. */
export async function sortInSlices<Item>(
  items: readonly Item[],
  compare: (one: Item, other: Item) => number,
  slice: TimeSlice,
): Promise<Item[]> {
  if (items.length <= CHUNK) return [...items].sort(compare);
  let runs: Item[][] = [];
  for (let start = 0; start < items.length; start += CHUNK) {
    runs.push(items.slice(start, start + CHUNK).sort(compare));
    if (slice.isOver) await slice.breathe();
  }
  while (runs.length > 1) {
    const merged: Item[][] = [];
    for (let run = 0; run < runs.length; run += 2) {
      merged.push(await merge(at(runs, run), runs[run + 1] ?? [], compare, slice));
    }
    runs = merged;
  }
  return at(runs, 0);
}

async function merge<Item>(
  left: readonly Item[],
  right: readonly Item[],
  compare: (one: Item, other: Item) => number,
  slice: TimeSlice,
): Promise<Item[]> {
  const merged: Item[] = [];
  let next = 0;
  let other = 0;
  while (next < left.length || other < right.length) {
    const one = left[next];
    const two = right[other];
    if (two === undefined || (one !== undefined && compare(one, two) <= 0)) {
      merged.push(at(left, next++));
    } else {
      merged.push(two);
      other++;
    }
    if (merged.length % STEP === 0 && slice.isOver) await slice.breathe();
  }
  return merged;
}
