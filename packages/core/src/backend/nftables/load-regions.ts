import { at } from './at.js';
import type { Family } from '../../address/address.js';
import { TimeSlice } from '../../netlink/index.js';
import { compareMembers, type Region } from './cut-prefixes.js';
import { readComment, type Member } from './interval-comment.js';
import { sortInSlices } from './sort-in-slices.js';
import { after, prefixesOf } from '../../address/position.js';
import type { NftElement, Piece } from './set-driver.js';

/** The clock is looked at once for so many. */
const STEP = 256;

/**
 * Reads back which prefixes an interval set holds: those named in Vallum's comments where prefixes
 * overlap, and all others as they stand. A prefix of which a part is missing does not count.
 */
export async function loadRegions(
  elements: readonly NftElement[],
  family: Family,
  nowMs: number,
): Promise<Region[]> {
  const slice = new TimeSlice();
  const unsorted: Piece[] = [];
  for (const { first, last, leftMs, comment } of elements) {
    const endsAtMs = leftMs === undefined ? Infinity : nowMs + leftMs;
    const piece = { first, last, endsAtMs };
    unsorted.push(comment === undefined ? piece : { ...piece, comment });
    if (unsorted.length % STEP === 0 && slice.isOver) await slice.breathe();
  }
  const pieces = await sortInSlices(unsorted, compareMembers, slice);
  const regions: Region[] = [];
  let index = 0;
  while (index < pieces.length) {
    const start = index;
    const { first } = at(pieces, start);
    let last = first;
    const members: Member[] = [];
    for (let piece = pieces[index]; piece && piece.first <= last; piece = pieces[++index]) {
      const covered = piece.first !== first && piece.last <= last;
      for (const member of readMembers(piece, family, covered)) {
        if (member.endsAtMs > nowMs) members.push(member);
        if (member.last > last) last = member.last;
      }
      if (piece.last > last) last = piece.last;
    }
    const held = pieces.slice(start, index);
    const whole = held.length === 1 ? members : members.filter((member) => isCovered(member, held));
    if (slice.isOver) await slice.breathe();
    regions.push(
      plainRegion(whole, held) ?? {
        first,
        last,
        members: whole.sort(compareMembers),
        pieces: held,
      },
    );
  }
  return regions;
}

/** The one prefix that is one piece, if that is all there is. */
function plainRegion(members: readonly Member[], pieces: readonly Piece[]): Member | undefined {
  const [member] = members;
  const [piece] = pieces;
  const isPlain =
    members.length === 1 &&
    pieces.length === 1 &&
    piece?.comment === undefined &&
    member?.first === piece?.first &&
    member?.last === piece?.last &&
    member?.endsAtMs === piece?.endsAtMs;
  return isPlain ? member : undefined;
}

/** @param covered whether a prefix that starts before it may be what it belongs to */
function readMembers(piece: Piece, family: Family, covered: boolean): Member[] {
  const named = readComment(piece.comment, piece.first, family);
  if (named !== undefined && (named.length > 0 || covered)) return named;
  return prefixesOf(piece, family).map((prefix) => ({ ...prefix, endsAtMs: piece.endsAtMs }));
}

function isCovered(member: Member, pieces: readonly Piece[]): boolean {
  let next = member.first;
  for (const { first, last } of pieces) {
    if (last < next) continue;
    if (first > next) return false;
    next = after(last);
    if (next > member.last) return true;
  }
  return false;
}
