/** A number, an IPv6 address or a name: whatever `<` puts in order. */
export type Point = number | bigint | string;

/**
 * Sorted, disjoint, half-open intervals, flat: `[22, 23, 80, 81]` are the ports 22 and 80. Half-open,
 * so that nothing has to be counted and names work as well: `eth0` is `['eth0', 'eth0\0']`, and
 * everything that begins with `eth` is `['eth', 'eti']`.
 */
export type IntervalSet = readonly Point[];

const NOTHING: IntervalSet = [];

export function intersect(a: IntervalSet, b: IntervalSet): IntervalSet {
  if (a === b) return a;
  // Nearly all of them are a single interval.
  if (a.length === 2 && b.length === 2) {
    const [from, to, otherFrom, otherTo] = [at(a, 0), at(a, 1), at(b, 0), at(b, 1)];
    if (from >= otherTo || otherFrom >= to) return NOTHING;
    if (from >= otherFrom && to <= otherTo) return a;
    if (otherFrom >= from && otherTo <= to) return b;
  }
  const found: Point[] = [];
  for (let i = 0, j = 0; i < a.length && j < b.length;) {
    const [from, to, otherFrom, otherTo] = [at(a, i), at(a, i + 1), at(b, j), at(b, j + 1)];
    const low = from > otherFrom ? from : otherFrom;
    const high = to < otherTo ? to : otherTo;
    if (low < high) found.push(low, high);
    if (to < otherTo) i += 2;
    else j += 2;
  }
  // The same object where nothing changes: callers compare by identity.
  if (equal(found, a)) return a;
  return equal(found, b) ? b : found;
}

export function subtract(a: IntervalSet, b: IntervalSet): IntervalSet {
  const left: Point[] = [];
  let j = 0;
  for (let i = 0; i < a.length; i += 2) {
    let from = at(a, i);
    const to = at(a, i + 1);
    while (j < b.length && at(b, j + 1) <= from) j += 2;
    for (let k = j; k < b.length && at(b, k) < to; k += 2) {
      if (at(b, k) > from) left.push(from, at(b, k));
      if (at(b, k + 1) > from) from = at(b, k + 1);
    }
    if (from < to) left.push(from, to);
  }
  return equal(left, a) ? a : left;
}

export function unite(sets: readonly IntervalSet[]): IntervalSet {
  const [first] = sets;
  if (first && sets.length === 1) return first;
  const pairs: (readonly [Point, Point])[] = [];
  for (const set of sets) {
    for (let i = 0; i < set.length; i += 2) pairs.push([at(set, i), at(set, i + 1)]);
  }
  pairs.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const united: Point[] = [];
  for (const [from, to] of pairs) {
    const end = united.at(-1);
    if (end !== undefined && from <= end) {
      if (to > end) united[united.length - 1] = to;
    } else if (from < to) {
      united.push(from, to);
    }
  }
  return united;
}

/** Whether all of `inner` lies in `outer`. */
export function covers(outer: IntervalSet, inner: IntervalSet): boolean {
  return outer === inner || subtract(inner, outer).length === 0;
}

export function equal(a: IntervalSet, b: IntervalSet): boolean {
  return a === b || (a.length === b.length && a.every((point, index) => point === b[index]));
}

function at(set: IntervalSet, index: number): Point {
  const point = set[index];
  if (point === undefined) throw new RangeError('an interval without an end');
  return point;
}
