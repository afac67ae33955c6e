import type { Family } from '../address/address.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { BAN, NO_END_NAMED, OWN_STAMP, UNBAN } from '../message/entry-columns.js';
import { StringTable } from '../message/string-table.js';
import { NONE } from './address-rows.js';
import type { PageRows } from './page-rows.js';
import { CHUNK_ROWS, NO_LEASE, USED } from './register-rows.js';

/**
 * All registers of a page, at most 4,096 at a time, each piece as the ledger is when it is asked for.
 * Registers stay in their rows, so that what is there throughout is read once.
 */
export function* readRegisters(family: Family, rows: PageRows): Generator<RegisterColumns> {
  for (const used of usedRows(rows)) yield columnsOf(family, rows, used);
}

/** The rows of all registers, at most 4,096 at a time; as `readRegisters`. */
export function* usedRows({ registers }: PageRows): Generator<number[]> {
  for (let start = 0; start < registers.used; start += CHUNK_ROWS) {
    const found: number[] = [];
    const end = Math.min(start + CHUNK_ROWS, registers.used);
    for (let row = start; row < end; row++) {
      if ((registers.flags(row) & USED) !== 0) found.push(row);
    }
    if (found.length > 0) yield found;
  }
}

/**
 * The registers of all addresses in certain buckets of the digest, some `pieceRows` at a time: the
 * last address of a piece brings all of its own.
 * @param wanted 1 at each of 0…4095 that is
 */
export function* readBuckets(
  family: Family,
  rows: PageRows,
  wanted: Uint8Array,
  pieceRows = CHUNK_ROWS,
): Generator<RegisterColumns> {
  const { addresses, registers } = rows;
  let found: number[] = [];
  for (let address = 0; address < addresses.rowCount; address++) {
    // Free rows have no bucket.
    if (wanted[addresses.bucket(address)] !== 1) continue;
    let row = addresses.first(address);
    for (; row !== NONE; row = registers.next(row)) found.push(row);
    if (found.length < pieceRows) continue;
    yield columnsOf(family, rows, found);
    found = [];
  }
  if (found.length > 0) yield columnsOf(family, rows, found);
}

/** Registers by their rows. */
export function columnsOf(
  family: Family,
  { addresses, registers, shared }: PageRows,
  rows: readonly number[],
): RegisterColumns {
  const { perAddress } = addresses;
  const originNames = new StringTable();
  const reasonTexts = new StringTable();
  const { length } = rows;
  const columns = {
    family,
    length,
    words: new Uint32Array(perAddress * length),
    prefixLengths: new Uint8Array(length),
    actions: new Uint8Array(length),
    flags: new Uint8Array(length),
    origins: new Uint32Array(length),
    untils: new Float64Array(length),
    stamps: new Float64Array(length),
    reasons: new Uint32Array(length),
    keepUntils: new Float64Array(length),
    originNames: originNames.texts,
    reasonTexts: reasonTexts.texts,
  };
  for (let index = 0; index < length; index++) {
    const row = rows[index] ?? 0;
    const address = registers.address(row);
    for (let part = 0; part < perAddress; part++) {
      columns.words[perAddress * index + part] = addresses.words[perAddress * address + part] ?? 0;
    }
    const flags = registers.flags(row);
    columns.prefixLengths[index] = addresses.prefixLengths[address] ?? 0;
    columns.actions[index] = (flags & NO_LEASE) === 0 ? BAN : UNBAN;
    columns.flags[index] = flags & (OWN_STAMP | NO_END_NAMED);
    columns.origins[index] = originNames.indexOf(shared.origins.text(registers.origin(row)));
    columns.untils[index] = registers.until(row);
    columns.stamps[index] = registers.stamp(row);
    columns.reasons[index] = reasonTexts.indexOf(shared.reasons.text(registers.reason(row)));
    columns.keepUntils[index] = registers.keepUntil(row);
  }
  return columns;
}
