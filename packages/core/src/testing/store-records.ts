import { addressAt, type AddressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import type { JournalVisitor, LedgerStore, LoadSummary } from '../journal/store.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { EntryBatch } from '../message/entry-batch.js';
import { BAN } from '../message/entry-columns.js';
import type { SetName } from '../words/names.js';

/** One entry of a test; what it leaves out is 0, '' or a ban. */
export interface TestEntry {
  readonly address: string;
  readonly action?: number;
  readonly flags?: number;
  readonly origin?: string;
  readonly until?: number;
  readonly stamp?: number;
  readonly reason?: string;
  readonly keepUntil?: number;
}

/** Entries of one family as columns. @throws where an address is none: a fault of the test itself */
export function registerColumns(entries: readonly TestEntry[]): RegisterColumns {
  const addresses = entries.map(({ address }) => parsed(address));
  const family: Family = addresses[0]?.family ?? 'ipv4';
  const batch = new EntryBatch(family);
  entries.forEach((entry, index) => {
    const { action = BAN, flags = 0, origin = '', until = 0, stamp = 0, reason = '' } = entry;
    const address = addresses[index] ?? parsed(entry.address);
    batch.push(address, { action, flags, origin, until, stamp, reason, message: 0, place: 0 });
  });
  const { length, words, prefixLengths, actions, flags, origins, untils, stamps, reasons } = batch;
  const keepUntils = new Float64Array(batch.prefixLengths.length);
  entries.forEach(({ keepUntil = 0 }, index) => (keepUntils[index] = keepUntil));
  return {
    ...{ family, length, words, prefixLengths, actions, flags, origins, untils, stamps, reasons },
    ...{ keepUntils, originNames: batch.originNames, reasonTexts: batch.reasonTexts },
  };
}

/** `entries` as text, one a line: what `recordsOf` gives where they were kept. */
export function entryTexts(set: SetName, columns: RegisterColumns): string[] {
  return Array.from({ length: columns.length }, (_, row) => entryText(set, columns, row));
}

function entryText(set: SetName, columns: RegisterColumns, row: number): string {
  return [
    columns.actions[row] === BAN ? 'ban' : 'unban',
    set,
    addressAt(columns, row).text,
    columns.flags[row],
    JSON.stringify(columns.originNames[columns.origins[row] ?? -1]),
    columns.untils[row],
    columns.stamps[row],
    JSON.stringify(columns.reasonTexts[columns.reasons[row] ?? -1]),
    columns.keepUntils[row],
  ].join(' ');
}

export interface StoreRecords {
  /** In the order in which they were visited. */
  readonly records: string[];
  readonly summary: LoadSummary;
}

/** Everything that a store holds. */
export async function recordsOf(store: LedgerStore): Promise<StoreRecords> {
  const records: string[] = [];
  const note = (word: string) => (set: SetName, columns: AddressColumns) => {
    for (let row = 0; row < columns.length; row++) {
      records.push(`${word} ${set} ${addressAt(columns, row).text}`);
    }
  };
  const visitor: JournalVisitor = {
    entries: (set, columns) => {
      for (let row = 0; row < columns.length; row++) records.push(entryText(set, columns, row));
    },
    cleared: note('cleared'),
    foreign: note('foreign'),
    widened: note('widened'),
  };
  const summary = await store.load(visitor);
  return { records, summary };
}

function parsed(text: string) {
  const address = parseAddress(text);
  if (!address.ok) throw new Error(`${text}: ${address.detail}`);
  return address.value;
}
