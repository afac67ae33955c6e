import { at } from './at.js';
import type { Address } from '../../address/address.js';
import type { Change, ChangeReport } from '../backend.js';
import { TimeSlice } from '../../netlink/index.js';
import { failedChange } from '../explain-fault.js';
import {
  compareMembers,
  cutPrefixes,
  isTooDeep,
  type PlacedMember,
  type Region,
} from './cut-prefixes.js';
import { intervalOf } from './position.js';
import { sortInSlices } from './sort-in-slices.js';
import type { Interval, Piece } from './set-driver.js';

/** A change of an interval set: a prefix, or a single address where there is no hash set. */
export interface IntervalChange {
  readonly change: Change;
  /** Where its report goes. */
  readonly index: number;
  /** Unix milliseconds that an added prefix is to end; Infinity: for ever. */
  readonly endsAtMs: number;
}

export interface IntervalPlan {
  readonly removed: readonly Interval[];
  readonly added: readonly Piece[];
  /** What the set holds afterwards. */
  readonly regions: readonly Region[];
  /** One a change, in the order of the changes, that holds once the plan is carried out. */
  readonly reports: readonly ChangeReport[];
}

interface PlacedChange extends IntervalChange, Interval {
  /** The first address, rounded: what differs here needs no slow comparison of bigints. */
  readonly rough: number;
  /** Its place among the changes. */
  readonly place: number;
}

/**
 * The smallest difference between what an interval set holds and what it has to hold after changes.
 * Looks at the regions that they touch only.
 *
 * @param regions sorted, as `loadRegions` and this function return them
 */
export async function planIntervals(
  regions: readonly Region[],
  changes: readonly IntervalChange[],
  nowMs: number,
): Promise<IntervalPlan> {
  const slice = new TimeSlice();
  const placed = await placeInOrder(changes, slice);
  const reports = new Array<ChangeReport>(changes.length);
  const removed: Interval[] = [];
  const added: Piece[] = [];
  const next: Region[] = [];
  let kept = 0;
  let index = 0;
  while (index < placed.length) {
    // All changes and regions that lie in the widest of them.
    let { first, last } = at(placed, index);
    const from = firstEndingAt(regions, first, kept);
    for (let region = kept; region < from; region++) next.push(at(regions, region));
    kept = from;
    for (let region = regions[kept]; region && region.first <= last; region = regions[++kept]) {
      if (region.first < first) first = region.first;
      if (region.last > last) last = region.last;
    }
    const start = index;
    while (index < placed.length && at(placed, index).first <= last) index++;
    const only = at(placed, start);
    if (from === kept && index === start + 1 && only.change.op === 'add') {
      // Nearly all prefixes meet no other.
      const [region, piece] = loneRegion(only);
      next.push(region);
      added.push(piece);
      reports[only.place] = APPLIED;
      if ((index & LOOK_AT_CLOCK) === 0 && slice.isOver) await slice.breathe();
      continue;
    }
    const touched = regions.slice(from, kept);
    const cluster = placed.slice(start, index);
    const renewed = cutPrefixes(changeMembers(touched, cluster, reports, nowMs));
    compare(livePieces(touched, nowMs), renewed, removed, added);
    for (const region of renewed) next.push(region);
    if (slice.isOver) await slice.breathe();
  }
  for (; kept < regions.length; kept++) next.push(at(regions, kept));
  return { removed, added, regions: next, reports };
}

const APPLIED: ChangeReport = Object.freeze({ outcome: 'applied' });

function loneRegion({ change, endsAtMs, first, last }: PlacedChange): [Region, Piece] {
  const member = { address: change.address, endsAtMs, first, last };
  return [{ first, last, members: [member], pieces: [member] }, member];
}

/** By first address, the wider prefix first, and changes of the same one in the order of the call. */
async function placeInOrder(
  changes: readonly IntervalChange[],
  slice: TimeSlice,
): Promise<PlacedChange[]> {
  const placed: PlacedChange[] = [];
  for (const { change, index, endsAtMs } of changes) {
    const { first, last } = intervalOf(change.address);
    const rough = Number(first);
    placed.push({ change, index, endsAtMs, first, last, rough, place: placed.length });
    if ((placed.length & LOOK_AT_CLOCK) === 0 && slice.isOver) await slice.breathe();
  }
  return sortInSlices(
    placed,
    (one, other) => one.rough - other.rough || compareMembers(one, other),
    slice,
  );
}

/** The clock is looked at once in 256 changes. */
const LOOK_AT_CLOCK = 0xff;

/** The index of the first region that does not end in front of a position. */
function firstEndingAt(regions: readonly Region[], position: bigint, from: number): number {
  let low = from;
  let high = regions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (at(regions, middle).last < position) low = middle + 1;
    else high = middle;
  }
  return low;
}

function changeMembers(
  touched: readonly Region[],
  cluster: readonly PlacedChange[],
  reports: ChangeReport[],
  nowMs: number,
): PlacedMember[] {
  const members = new Map<string, PlacedMember>();
  for (const region of touched) {
    for (const member of region.members) {
      if (member.endsAtMs > nowMs) members.set(member.address.text, member);
    }
  }
  // Each address's changes are in order already, and those of different ones do not meet.
  for (const { change, place, endsAtMs, first, last } of cluster) {
    const { text } = change.address;
    if (change.op === 'del') {
      reports[place] = { outcome: members.delete(text) ? 'applied' : 'unchanged' };
      continue;
    }
    const member = { address: change.address, endsAtMs, first, last };
    if (members.size > SHALLOW && hasNoRoom(members, member)) {
      reports[place] = failedChange(change, 'unstorable', tooDeep(change.address));
      continue;
    }
    members.set(text, member);
    reports[place] = { outcome: 'applied' };
  }
  return [...members.values()].sort(compareMembers);
}

/** So many prefixes with the same first address fit into a comment, whatever their ends. */
const SHALLOW = 16;

function hasNoRoom(members: ReadonlyMap<string, PlacedMember>, added: PlacedMember): boolean {
  const same = [...members.values()].filter(
    ({ first, address }) => first === added.first && address.text !== added.address.text,
  );
  return isTooDeep([...same, added]);
}

function tooDeep({ text }: Address): string {
  return `${text} cannot be kept: too many prefixes with this first address end at times of their own`;
}

/** What the kernel has ended by itself needs no deleting. */
function livePieces(regions: readonly Region[], nowMs: number): Piece[] {
  return regions.flatMap(({ pieces }) => pieces.filter(({ endsAtMs }) => endsAtMs > nowMs));
}

/** Both are sorted: walks them side by side. */
function compare(
  held: readonly Piece[],
  regions: readonly Region[],
  removed: Interval[],
  added: Piece[],
): void {
  let next = 0;
  for (const { pieces } of regions) {
    for (const piece of pieces) {
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
