import { wordsPerAddress } from '../address/address-columns.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { endOf } from '../lease/register.js';
import type { TimeSlice } from '../system/time-slice.js';
import type { ListedPage } from './listed-page.js';
import { recordMatcher, type LeaseFilter } from './match-leases.js';
import { sortInSlices } from './sort-in-slices.js';

/** What leases are sorted by. */
export type LeaseOrder = 'address' | 'until' | 'since';

/** So many registers are read at once. */
const PIECE = 1_024;
/** Behind every IPv4 address. */
const FIRST_IPV6_KEY = 2 ** 32;

/**
 * Where the records that match stand, in order: pieces of rows of one page each.
 */
export async function sortedPlaces(
  pages: readonly ListedPage[],
  filter: LeaseFilter,
  order: LeaseOrder,
  nowUnix: () => number,
  slice: TimeSlice,
): Promise<Iterable<{ readonly listed: ListedPage; readonly rows: readonly number[] }>> {
  const keys: number[][] = KEYS[order].map(() => []);
  const rows: number[] = [];
  const pageOf: number[] = [];
  for (const [number, { page, policy }] of pages.entries()) {
    const matches = recordMatcher(page, filter, policy?.lasts);
    for (const used of page.registerRows()) {
      if (slice.isOver) await slice.breathe();
      const columns = page.registersOf(used);
      const now = nowUnix();
      for (let index = 0; index < columns.length; index++) {
        if (!matches(columns, index, now)) continue;
        KEYS[order].forEach((keyOf, place) => keys[place]?.push(keyOf(columns, index)));
        rows.push(used[index] ?? 0);
        pageOf.push(number);
      }
    }
  }
  const sorted = await sortInSlices(
    rows.length,
    (one, other) => {
      for (const column of keys) {
        const compared = compareKeys(column[one] ?? 0, column[other] ?? 0);
        if (compared !== 0) return compared;
      }
      return 0;
    },
    slice,
  );
  return pieces(sorted, pages, pageOf, rows);
}

function* pieces(
  sorted: Uint32Array,
  pages: readonly ListedPage[],
  pageOf: readonly number[],
  rows: readonly number[],
): Generator<{ listed: ListedPage; rows: number[] }> {
  for (let start = 0; start < sorted.length;) {
    const number = pageOf[sorted[start] ?? 0] ?? 0;
    const listed = pages[number];
    const piece: number[] = [];
    let at = start;
    for (; at < sorted.length && piece.length < PIECE; at++) {
      const place = sorted[at] ?? 0;
      if (pageOf[place] !== number) break;
      piece.push(rows[place] ?? 0);
    }
    start = at;
    if (listed !== undefined) yield { listed, rows: piece };
  }
}

type KeyOf = (columns: RegisterColumns, index: number) => number;

/** By what is compared, and then by what. */
const KEYS: Readonly<Record<LeaseOrder, readonly KeyOf[]>> = {
  address: [firstBits, middleBits, lastBits],
  until: [({ untils }, index) => endOf(untils[index] ?? 0)],
  since: [({ stamps }, index) => -(stamps[index] ?? 0)],
};

function firstBits({ family, words }: RegisterColumns, index: number): number {
  const offset = index * wordsPerAddress(family);
  const word = words[offset] ?? 0;
  return family === 'ipv4'
    ? word
    : FIRST_IPV6_KEY + word * 2 ** 16 + ((words[offset + 1] ?? 0) >>> 16);
}

function middleBits({ family, words }: RegisterColumns, index: number): number {
  if (family === 'ipv4') return 0;
  const offset = index * wordsPerAddress(family);
  return ((words[offset + 1] ?? 0) & 0xffff) * 2 ** 32 + (words[offset + 2] ?? 0);
}

function lastBits({ family, words, prefixLengths }: RegisterColumns, index: number): number {
  const last = family === 'ipv4' ? 0 : (words[index * wordsPerAddress(family) + 3] ?? 0);
  return last * 256 + (prefixLengths[index] ?? 0);
}

/** Infinity - Infinity is no number. */
function compareKeys(one: number, other: number): number {
  return one === other ? 0 : one > other ? 1 : -1;
}
