import { addressColumns, type AddressColumns } from '../address/address-columns.js';
import type { Address } from '../address/address.js';
import type { Upkeep } from './upkeep.js';

/** Rows of the page whose bans are one entry with that of an address, so many at most. */
export function foldedWith(
  { family, fold, rows, page }: Upkeep,
  address: Address,
  most: number,
): number[] {
  const row = rows.find(addressColumns(family, [address]), 0);
  const heads: number[] = [];
  if (row < 0 || fold === undefined) return heads;
  for (const member of fold.members(row)) {
    if (heads.length === most) break;
    const head = page.findAt(fold, member);
    if (head >= 0) heads.push(head);
  }
  return heads;
}

/** An address by which the ledger knows a row of the plan: of those that are folded into it, one. */
export function sourceOf(
  { family, fold, plan }: Upkeep,
  row: number,
): { readonly columns: AddressColumns; readonly index: number } {
  const [member] = fold?.members(row) ?? [];
  const { words, prefixLengths } = fold === undefined || member === undefined ? plan.table : fold;
  const columns = { family, words, prefixLengths, length: prefixLengths.length };
  return { columns, index: member ?? row };
}
