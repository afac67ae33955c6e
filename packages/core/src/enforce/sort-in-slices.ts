import type { TimeSlice } from '../system/time-slice.js';

const RUN = 2_048;
/** Steps of a merge between two questions whether it is time to breathe. */
const STRIDE = 4_096;

/**
 * Sorts the numbers 0…length - 1 without holding the event loop: short runs are sorted at once, and then
 * merged. Stable.
 */
export async function sortInSlices(
  length: number,
  compare: (one: number, other: number) => number,
  slice: TimeSlice,
): Promise<Uint32Array> {
  let from = Uint32Array.from({ length }, (_, index) => index);
  for (let start = 0; start < length; start += RUN) {
    from.subarray(start, start + RUN).sort((one, other) => compare(one, other) || one - other);
    if (slice.isOver) await slice.breathe();
  }
  let to = new Uint32Array(length);
  for (let width = RUN; width < length; width *= 2) {
    for (let start = 0; start < length; start += 2 * width) {
      const middle = Math.min(start + width, length);
      const end = Math.min(start + 2 * width, length);
      let left = start;
      let right = middle;
      for (let at = start; at < end; at++) {
        if (at % STRIDE === 0 && slice.isOver) await slice.breathe();
        const isLeft =
          left < middle && (right >= end || compare(from[left] ?? 0, from[right] ?? 0) <= 0);
        to[at] = (isLeft ? from[left++] : from[right++]) ?? 0;
      }
    }
    [from, to] = [to, from];
  }
  return from;
}
