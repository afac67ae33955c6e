import { at } from './at.js';
import { writeComment, type Member } from './interval-comment.js';
import { after, before, type Interval, type Position } from '../../address/position.js';
import type { Piece } from './set-driver.js';

/**
 * A prefix that no other contains, and all that it contains. Regions never overlap. Nearly all are
 * one prefix that the kernel holds as one piece: then it stands for itself, since there may be
 * hundreds of thousands.
 */
export type Region = Member | Cluster;

/**
 * ```
 * 10.0.0.0/8 until 9:00   ├──────────────────────────────┤
 * 10.1.0.0/16 until 10:00       ├─────┤
 * pieces                  ├────┤├─────┤├─────────────────┤
 *                          9:00  10:00       9:00
 * ```
 */
export interface Cluster extends Interval {
  readonly members: readonly Member[];
  /** What the kernel holds of it, in order. */
  readonly pieces: readonly Piece[];
}

export function membersOf(region: Region): readonly Member[] {
  return 'members' in region ? region.members : [region];
}

export function piecesOf(region: Region): readonly Piece[] {
  return 'members' in region ? region.pieces : [region];
}

/** By first address, the wider prefix first. */
export function compareMembers(one: Interval, other: Interval): number {
  if (one.first !== other.first) return one.first < other.first ? -1 : 1;
  return one.last === other.last ? 0 : one.last > other.last ? -1 : 1;
}

/**
 * Cuts prefixes, which contain each other or do not meet, into pieces that do not overlap: each
 * lasts as long as the longest prefix that covers it, so that the kernel ends all of them rightly
 * by itself.
 *
 * @param members sorted with `compareMembers`
 */
export function cutPrefixes(members: readonly Member[]): Region[] {
  const regions: Region[] = [];
  let index = 0;
  while (index < members.length) {
    const root = at(members, index);
    let next = index + 1;
    while (next < members.length && at(members, next).first <= root.last) next++;
    if (next === index + 1) {
      regions.push(root);
    } else {
      const family = members.slice(index, next);
      const { first, last } = root;
      regions.push({ first, last, members: family, pieces: cutRegion(family) });
    }
    index = next;
  }
  return regions;
}

function cutRegion(members: readonly Member[]): Piece[] {
  const starting = new Map<Position, Member[]>();
  for (const member of members) {
    const others = starting.get(member.first);
    if (others === undefined) starting.set(member.first, [member]);
    else others.push(member);
  }
  const pieces: Piece[] = [];
  const emit = (first: Position, last: Position, endsAtMs: number): void => {
    if (first > last) return;
    const here = starting.get(first) ?? [];
    const [only] = here;
    const plain = here.length === 1 && only?.last === last && only.endsAtMs === endsAtMs;
    const comment = plain ? undefined : writeComment(here);
    pieces.push({ first, last, endsAtMs, ...(comment === undefined ? {} : { comment }) });
  };
  /** Cuts the member at `index` with all that it contains. @returns the index behind them */
  const cut = (index: number, outerEndMs: number): number => {
    const member = at(members, index);
    const endsAtMs = Math.max(outerEndMs, member.endsAtMs);
    let uncut = member.first;
    let next = index + 1;
    for (let inner = members[next]; inner && inner.first <= member.last; inner = members[next]) {
      emit(uncut, before(inner.first), endsAtMs);
      uncut = after(inner.last);
      next = cut(next, endsAtMs);
    }
    emit(uncut, member.last, endsAtMs);
    return next;
  };
  cut(0, 0);
  return pieces;
}

/** True where so many prefixes start at one address that a comment cannot name them all. */
export function isTooDeep(members: readonly Member[]): boolean {
  return writeComment(members) === undefined;
}
