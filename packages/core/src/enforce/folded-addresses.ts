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
  const { columns } = fold;
  for (const member of fold.members(row)) {
    if (heads.length === most) break;
    const head = page.findAt(columns, member);
    if (head >= 0) heads.push(head);
  }
  return heads;
}

/**
 * An address by which the ledger knows a row of the plan: of those that are folded into it, the one that is
 * banned the longest.
 */
export function sourceOf(
  { fold, plan }: Upkeep,
  row: number,
): { readonly columns: AddressColumns; readonly index: number } {
  const [member] = fold?.members(row) ?? [];
  return fold === undefined || member === undefined
    ? { columns: plan.table.columns, index: row }
    : { columns: fold.columns, index: member };
}
