import type { RegisterColumns } from '../lease/register-columns.js';
import { TimeSlice } from '../system/time-slice.js';
import { leaseRecordAt, type LeaseRecord } from './lease-record.js';
import type { ListedPage } from './listed-page.js';
import { recordMatcher, type LeaseFilter } from './match-leases.js';
import { sortedPlaces, type LeaseOrder } from './order-leases.js';

export interface LeaseListing extends LeaseFilter {
  /**
   * `address`: by number, IPv4 first; `until`: what ends first; `since`: the youngest first. Default: as
   * the ledger has them, which costs nothing.
   */
  readonly sort?: LeaseOrder;
  /** How many are passed over. Default 0. */
  readonly offset?: number;
  /** How many are wanted at most. Default: all. */
  readonly limit?: number;
}

const PIECE = 1_024;

/**
 * Records of some pages, made a thousand at a time as they are asked for, with breaths in between. What is
 * there throughout comes once; what comes or goes meanwhile may.
 */
export async function* listLeases(
  pages: readonly ListedPage[],
  listing: LeaseListing,
  nowUnix: () => number,
): AsyncGenerator<LeaseRecord> {
  const { sort, offset = 0, limit = Infinity } = listing;
  const slice = new TimeSlice();
  const found =
    sort === undefined
      ? inLedgerOrder(pages, listing, nowUnix, slice)
      : inOrder(pages, listing, sort, nowUnix, slice);
  let number = 0;
  for await (const record of found) {
    if (number >= offset + limit) return;
    if (number >= offset) yield record;
    number += 1;
  }
}

async function* inLedgerOrder(
  pages: readonly ListedPage[],
  filter: LeaseFilter,
  nowUnix: () => number,
  slice: TimeSlice,
): AsyncGenerator<LeaseRecord> {
  for (const listed of pages) {
    const { page, policy } = listed;
    const matches = recordMatcher(page, filter, policy?.lasts);
    for (const rows of page.registerRows()) {
      for (let start = 0; start < rows.length; start += PIECE) {
        if (slice.isOver) await slice.breathe();
        const columns = page.registersOf(rows.slice(start, start + PIECE));
        const now = nowUnix();
        for (let index = 0; index < columns.length; index++) {
          if (matches(columns, index, now)) yield recordOf(listed, columns, index, now);
        }
      }
    }
  }
}

async function* inOrder(
  pages: readonly ListedPage[],
  filter: LeaseFilter,
  sort: LeaseOrder,
  nowUnix: () => number,
  slice: TimeSlice,
): AsyncGenerator<LeaseRecord> {
  const sorted = await sortedPlaces(pages, filter, sort, nowUnix, slice);
  for (const { listed, rows } of sorted) {
    const { page, policy } = listed;
    if (slice.isOver) await slice.breathe();
    // It may have ended meanwhile, or made room for another.
    const matches = recordMatcher(page, filter, policy?.lasts);
    const columns = page.registersOf(rows);
    const now = nowUnix();
    for (let index = 0; index < columns.length; index++) {
      if (matches(columns, index, now)) yield recordOf(listed, columns, index, now);
    }
  }
}

function recordOf(
  { page, policy }: ListedPage,
  columns: RegisterColumns,
  index: number,
  now: number,
): LeaseRecord {
  const record = leaseRecordAt(page.set, columns, index, now);
  const made = record.kind === 'lease' ? policy?.describe(columns, index) : undefined;
  return made === undefined ? record : { ...record, policy: made };
}
