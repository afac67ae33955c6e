import { at } from './at.js';
import { APPLIED, FAILED, PRESENT, UNCHANGED } from '../backend.js';
import type { TimeSlice } from '../../system/time-slice.js';
import {
  compareMembers,
  cutPrefixes,
  isTooDeep,
  membersOf,
  piecesOf,
  type Region,
} from './cut-prefixes.js';
import type { IntervalChanges } from './interval-changes.js';
import type { Member } from './interval-comment.js';
import type { Interval, Position } from '../../address/position.js';
import type { Piece } from './set-driver.js';

export interface IntervalPlan {
  readonly removed: readonly Interval[];
  readonly added: readonly Piece[];
  /** What the set holds afterwards. */
  readonly regions: readonly Region[];
  /**
   * One a change, in their order, as in `ChangeVerdicts`, that holds once the plan is carried out.
   * `FAILED`: too many prefixes with its first address end at times of their own.
   */
  readonly outcomes: Uint8Array;
}

/**
 * The smallest difference between what an interval set holds and what it has to hold after changes.
 * Looks at the regions that they touch only.
 *
 * @param regions sorted, as `loadRegions` and this function return them
 * @param order the places of changes, as `sortPrefixes` returns them
 */
export async function planIntervals(
  regions: readonly Region[],
  changes: IntervalChanges,
  order: Uint32Array,
  nowMs: number,
  slice: TimeSlice,
): Promise<IntervalPlan> {
  const planner = new IntervalPlanner(regions, changes, order, nowMs);
  while (planner.step()) if (slice.isOver) await slice.breathe();
  return planner;
}

/** Some hundred microseconds' worth. */
const STEP = 256;
/** Where nothing is done but copying. */
const COPY_STEP = 16_384;

class IntervalPlanner implements IntervalPlan {
  readonly removed: Interval[] = [];
  readonly added: Piece[] = [];
  readonly regions: Region[] = [];
  readonly outcomes: Uint8Array;
  /** How many of the regions, and of the changes, have been dealt with. */
  #kept = 0;
  #done = 0;

  constructor(
    private readonly held: readonly Region[],
    private readonly changes: IntervalChanges,
    private readonly order: Uint32Array,
    private readonly nowMs: number,
  ) {
    this.outcomes = new Uint8Array(order.length);
  }

  /** Goes on a bit. @returns false where the plan is complete */
  step(): boolean {
    const { changes, order, held } = this;
    const end = Math.min(this.#done + STEP, order.length);
    while (this.#done < end) {
      const first = changes.first(order[this.#done] ?? 0);
      if (!this.#keep(firstEndingAt(held, first, this.#kept))) return true;
      this.#change();
    }
    return this.#done < order.length || !this.#keep(held.length);
  }

  /** Keeps regions up to `end` as they are. @returns false where there is more to do */
  #keep(end: number): boolean {
    const stop = Math.min(end, this.#kept + COPY_STEP);
    for (; this.#kept < stop; this.#kept++) {
      const region = this.held[this.#kept];
      if (region !== undefined) this.regions.push(region);
    }
    return stop === end;
  }

  /** Deals with all changes and regions that lie in the widest of them. */
  #change(): void {
    const { held, order, changes } = this;
    const start = this.#done;
    const from = this.#kept;
    let kept = from;
    let first = changes.first(order[start] ?? 0);
    let last = changes.last(order[start] ?? 0);
    for (let region = held[kept]; region && region.first <= last; region = held[++kept]) {
      if (region.first < first) first = region.first;
      if (region.last > last) last = region.last;
    }
    let isOne = true;
    let end = start;
    for (; end < order.length; end++) {
      const place = order[end] ?? 0;
      const next = changes.first(place);
      if (next > last) break;
      isOne &&=
        next === first &&
        changes.last(place) === last &&
        !changes.isDeleted(place) &&
        !(end > start && changes.isNew(place));
    }
    this.#kept = kept;
    this.#done = end;
    if (from === kept && isOne) {
      // Nearly all prefixes meet no other; if one comes again, its last end counts.
      const lone = changes.member(order[end - 1] ?? 0);
      this.regions.push(lone);
      this.added.push(lone);
      return;
    }
    const touched = held.slice(from, kept);
    const renewed = cutPrefixes(this.#changeMembers(touched, start, end));
    compare(livePieces(touched, this.nowMs), renewed, this.removed, this.added);
    for (const region of renewed) this.regions.push(region);
  }

  /** Gives reports to the changes from `start` up to, not including, `end`. */
  #changeMembers(touched: readonly Region[], start: number, end: number): Member[] {
    const members = new Map<string, Member>();
    for (const region of touched) {
      for (const member of membersOf(region)) {
        if (member.endsAtMs > this.nowMs) members.set(keyOf(member), member);
      }
    }
    // Each address's changes are in order already, and those of different ones do not meet.
    for (let index = start; index < end; index++) {
      const place = at(this.order, index);
      const member = this.changes.member(place);
      const key = keyOf(member);
      let outcome = APPLIED;
      if (this.changes.isDeleted(place)) {
        if (!members.delete(key)) outcome = UNCHANGED;
      } else if (this.changes.isNew(place) && members.has(key)) {
        outcome = PRESENT;
      } else if (members.size > SHALLOW && hasNoRoom(members, member)) {
        outcome = FAILED;
      } else {
        members.set(key, member);
      }
      this.outcomes[index] = outcome;
    }
    return [...members.values()].sort(compareMembers);
  }
}

/** True where a change would add to what the set holds, and not only change it. */
export function meetsNone(regions: readonly Region[], { first, last }: Interval): boolean {
  const region = regions[firstEndingAt(regions, first, 0)];
  return region === undefined || region.first > last;
}

/** The index of the first region that does not end in front of a position. */
function firstEndingAt(regions: readonly Region[], position: Position, from: number): number {
  let low = from;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    const region = regions[middle];
    if (region !== undefined && region.last < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** So many prefixes with the same first address fit into a comment, whatever their ends. */
const SHALLOW = 16;

function hasNoRoom(members: ReadonlyMap<string, Member>, added: Member): boolean {
  const same = [...members.values()].filter(
    ({ first, prefixLength }) => first === added.first && prefixLength !== added.prefixLength,
  );
  return isTooDeep([...same, added]);
}

function keyOf({ first, prefixLength }: Member): string {
  return `${first}/${prefixLength}`;
}

/** What the kernel has ended by itself needs no deleting. */
function livePieces(regions: readonly Region[], nowMs: number): Piece[] {
  return regions.flatMap((region) => piecesOf(region).filter(({ endsAtMs }) => endsAtMs > nowMs));
}

/** Both are sorted: walks them side by side. */
function compare(
  held: readonly Piece[],
  regions: readonly Region[],
  removed: Interval[],
  added: Piece[],
): void {
  let next = 0;
  for (const region of regions) {
    for (const piece of piecesOf(region)) {
      let other = held[next];
      while (other && other.first < piece.first) {
        removed.push(other);
        other = held[++next];
      }
      if (other?.first === piece.first) {
        next++;
        if (isSame(other, piece)) continue;
        removed.push(other);
      }
      added.push(piece);
    }
  }
  for (; next < held.length; next++) removed.push(at(held, next));
}

function isSame(one: Piece, other: Piece): boolean {
  return (
    one.last === other.last && one.endsAtMs === other.endsAtMs && one.comment === other.comment
  );
}
