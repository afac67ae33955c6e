import { selectAddresses, type AddressColumns } from '../address/address-columns.js';
import type { JournalPiece } from '../journal/store.js';
import type { Ledger } from '../ledger/ledger.js';
import { FLAG } from '../plan/set-plan.js';
import type { FindUpkeep } from './restore-ledger.js';
import type { Upkeep } from './upkeep.js';

/**
 * The shortest journal that reads back as this ledger, a piece at a time: the registers, and behind
 * them of which addresses the kernel set holds nothing of ours, and in whose place somebody else's
 * entry stands.
 */
export function* snapshot(ledger: Ledger, find: FindUpkeep): Generator<JournalPiece> {
  yield* ledger.registers();
  for (const { set, columns } of ledger.registers()) {
    const upkeep = find(set, columns.family);
    const cleared = select(columns, (index) => isCleared(upkeep, columns, index));
    if (cleared.length > 0) yield { set, note: 'cleared', columns: cleared };
    const foreign = select(columns, (index) => isForeign(upkeep, columns, index));
    if (foreign.length > 0) yield { set, note: 'foreign', columns: foreign };
  }
}

function isCleared(upkeep: Upkeep, columns: AddressColumns, index: number): boolean {
  const row = upkeep.find(columns, index);
  if (row < 0) return true;
  const { plan } = upkeep;
  const owed = FLAG.MAYBE | FLAG.FOREIGN | FLAG.IN_FLIGHT | FLAG.PURGE;
  return plan.wanted[row] === 0 && plan.held[row] === 0 && !plan.has(row, owed);
}

function isForeign(upkeep: Upkeep, columns: AddressColumns, index: number): boolean {
  const row = upkeep.find(columns, index);
  return row >= 0 && upkeep.plan.has(row, FLAG.FOREIGN);
}

function select(columns: AddressColumns, isWanted: (index: number) => boolean): AddressColumns {
  const chosen: number[] = [];
  for (let index = 0; index < columns.length; index++) if (isWanted(index)) chosen.push(index);
  return selectAddresses(columns, chosen);
}
