import type { Region } from './cut-prefixes.js';
import type { IntervalChanges } from './interval-changes.js';
import { meetsNone } from './plan-intervals.js';

/**
 * Puts those changes last that a full set has no room for: additions of what meets nothing that the
 * set holds. What concerns one prefix stays in its order.
 *
 * @param order the places of changes, as `sortPrefixes` returns them
 */
export function splitByRoom(
  regions: readonly Region[],
  changes: IntervalChanges,
  order: Uint32Array,
): { readonly first: Uint32Array; readonly rest: Uint32Array } {
  const sides: { first: number[]; rest: number[] } = { first: [], rest: [] };
  let next = 0;
  while (next < order.length) {
    const start = next;
    const first = changes.first(order[start] ?? 0);
    const last = changes.last(order[start] ?? 0);
    // Behind the last deletion, which may go ahead of them.
    let additions = start;
    for (; next < order.length; next++) {
      const place = order[next] ?? 0;
      if (changes.first(place) !== first || changes.last(place) !== last) break;
      if (changes.isDeleted(place)) additions = next + 1;
    }
    const needsRoom = meetsNone(regions, { first, last });
    for (let index = start; index < next; index++) {
      const side = needsRoom && index >= additions ? sides.rest : sides.first;
      side.push(order[index] ?? 0);
    }
  }
  return { first: Uint32Array.from(sides.first), rest: Uint32Array.from(sides.rest) };
}
