import { at } from './at.js';
import type { Region } from './cut-prefixes.js';
import type { IntervalChanges } from './interval-changes.js';
import { meetsNone } from './plan-intervals.js';

/**
 * Puts those changes last that a full set has no room for: additions of what meets nothing that the
 * set holds. All that concerns one prefix stays together, in its order.
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
    const first = changes.first(at(order, start));
    const last = changes.last(at(order, start));
    let onlyAdds = true;
    for (; next < order.length; next++) {
      const place = at(order, next);
      if (changes.first(place) !== first || changes.last(place) !== last) break;
      onlyAdds &&= !changes.isDeleted(place);
    }
    const side = onlyAdds && meetsNone(regions, { first, last }) ? sides.rest : sides.first;
    for (let index = start; index < next; index++) side.push(at(order, index));
  }
  return { first: Uint32Array.from(sides.first), rest: Uint32Array.from(sides.rest) };
}
