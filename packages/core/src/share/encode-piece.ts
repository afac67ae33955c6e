import { addressAt } from '../address/address-columns.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { AS_THE_SET_SAYS, BAN, NEVER, NO_END_NAMED, OWN_STAMP } from '../message/entry-columns.js';
import { StringTable } from '../message/string-table.js';

/** Of a piece, about: some 250 leases, which are taken in a few milliseconds. */
export const PIECE_BYTES = 12 * 1024;

/** A column; one value where all are alike. */
export type Column<Value> = readonly Value[] | Value;

/**
 * Registers of one family as they are sent:
 *
 *     {"family":"ipv4","addresses":"192.0.2.7 198.51.100.0/24","kinds":"lW",
 *      "origins":["web1"],"origin":1,"reasons":["ssh"],"reason":[1,0],
 *      "since":1795416400000,"stamp":[0,7.25],"after":1795419999,"until":[1,0],"keep":[0,null]}
 *
 * Kinds, a letter each: `l` a lease, `d` one that names no end, `w` a withdrawal, `s` a sweep; in upper
 * case where a node itself has stamped it. `origin` and `reason` count from 1; 0: none. A stamp is
 * `since` and so many milliseconds. `until` (0 where there is none) and `keep` (0: not known) are `after`
 * and so many seconds, null for ever. What a set makes of a lease that names no end is not sent.
 */
export interface Piece {
  readonly family: 'ipv4' | 'ipv6';
  readonly addresses: string;
  readonly kinds: string;
  readonly origins: readonly string[];
  readonly origin: Column<number>;
  readonly reasons: readonly string[];
  readonly reason: Column<number>;
  readonly since: number;
  readonly stamp: Column<number>;
  readonly after: number;
  readonly until: Column<number | null>;
  readonly keep: Column<number | null>;
}

/** Writes the entries of some columns as pieces of about `PIECE_BYTES`, each made on demand. */
export function* encodePieces(
  columns: RegisterColumns,
  indexes: readonly number[],
): Generator<Piece> {
  for (let from = 0; from < indexes.length;) {
    const to = endOfPiece(columns, indexes, from);
    yield encodePiece(columns, indexes.slice(from, to));
    from = to;
  }
}

function endOfPiece(columns: RegisterColumns, indexes: readonly number[], from: number): number {
  const { family, origins, originNames, reasons, reasonTexts } = columns;
  // Three or four numbers, and the address.
  const perEntry = (family === 'ipv4' ? 16 : 40) + 32;
  const texts = new Set<string>();
  const bytesOf = (text: string): number => {
    if (text === '' || texts.has(text)) return 0;
    texts.add(text);
    return 2 * Buffer.byteLength(text) + 3;
  };
  let bytes = 0;
  let to = from;
  for (; to < indexes.length; to++) {
    const index = indexes[to] ?? 0;
    bytes += perEntry + bytesOf(originNames[origins[index] ?? 0] ?? '');
    bytes += bytesOf(reasonTexts[reasons[index] ?? 0] ?? '');
    if (bytes > PIECE_BYTES && to > from) break;
  }
  return to;
}

function encodePiece(columns: RegisterColumns, indexes: readonly number[]): Piece {
  const { family, originNames, reasonTexts } = columns;
  const originTable = new StringTable();
  const reasonTable = new StringTable();
  const origins = indexes.map((index) => {
    return originTable.indexOf(originNames[columns.origins[index] ?? 0] ?? '');
  });
  const isLease = (index: number): boolean => columns.actions[index] === BAN;
  const reasons = indexes.map((index) => {
    return reasonTable.indexOf(
      isLease(index) ? (reasonTexts[columns.reasons[index] ?? 0] ?? '') : '',
    );
  });
  const kinds = indexes.map((index, at) => kindOf(columns, index, origins[at] === 0));
  const untils = indexes.map((index, at) => {
    return kinds[at] === 'l' || kinds[at] === 'L' ? (columns.untils[index] ?? 0) : 0;
  });
  const keeps = indexes.map((index) => columns.keepUntils[index] ?? 0);
  const stamps = indexes.map((index) => columns.stamps[index] ?? 0);
  const since = Math.floor(stamps.reduce((least, one) => Math.min(least, one), Infinity));
  const after = earliest(untils, keeps) - 1;
  const seconds = (end: number): number | null =>
    end === NEVER ? null : end === 0 ? 0 : end - after;
  return {
    family,
    addresses: indexes.map((index) => addressAt(columns, index).text).join(' '),
    kinds: kinds.join(''),
    origins: originTable.texts.slice(1),
    origin: column(origins),
    reasons: reasonTable.texts.slice(1),
    reason: column(reasons),
    since,
    // Exact: of two numbers of a size the difference is one too.
    stamp: column(stamps.map((stamp) => stamp - since)),
    after,
    until: column(untils.map(seconds)),
    keep: column(keeps.map(seconds)),
  };
}

function kindOf(columns: RegisterColumns, index: number, isAnonymous: boolean): string {
  const flags = columns.flags[index] ?? 0;
  const isOwn = (flags & OWN_STAMP) !== 0;
  let kind = isAnonymous ? 's' : 'w';
  if (columns.actions[index] === BAN) {
    const namesNone = (flags & NO_END_NAMED) !== 0 || columns.untils[index] === AS_THE_SET_SAYS;
    kind = namesNone ? 'd' : 'l';
  }
  return isOwn ? kind.toUpperCase() : kind;
}

/** Of all ends that are numbers; 1 where there is none. */
function earliest(...columns: readonly (readonly number[])[]): number {
  let least = Infinity;
  for (const ends of columns) {
    for (const end of ends) if (end !== 0 && end < least) least = end;
  }
  return least === Infinity ? 1 : Math.floor(least);
}

function column<Value>(values: readonly Value[]): Column<Value> {
  const [first] = values;
  return first !== undefined && values.every((value) => value === first) ? first : values;
}
