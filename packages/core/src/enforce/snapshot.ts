import { selectAddresses } from '../address/address-columns.js';
import type { JournalPiece } from '../journal/store.js';
import type { Ledger } from '../ledger/ledger.js';
import { FLAG, type SetPlan } from '../plan/set-plan.js';
import type { FindUpkeep } from './restore-ledger.js';

/**
 * The shortest journal that reads back as this ledger, a piece at a time: the registers, and behind
 * them of which addresses the kernel set holds nothing of ours, and in whose place somebody else's
 * entry stands.
 */
export function* snapshot(ledger: Ledger, find: FindUpkeep): Generator<JournalPiece> {
  yield* ledger.registers();
  for (const { set, columns } of ledger.registers()) {
    const upkeep = find(set, columns.family);
    const cleared: number[] = [];
    const foreign: number[] = [];
    for (let index = 0; index < columns.length; index++) {
      const row = upkeep.rows.find(columns, index);
      if (isCleared(upkeep.plan, row)) cleared.push(index);
      else if (upkeep.rows.lengthAt(columns, index) !== columns.prefixLengths[index]) continue;
      else if (upkeep.plan.has(row, FLAG.FOREIGN)) foreign.push(index);
    }
    if (cleared.length > 0) {
      yield { set, note: 'cleared', columns: selectAddresses(columns, cleared) };
    }
    if (foreign.length > 0) {
      yield { set, note: 'foreign', columns: selectAddresses(columns, foreign) };
    }
  }
  for (const { set, family } of ledger.pages()) {
    const { plan, rows: entryRows } = find(set, family);
    const { widen } = entryRows;
    if (widen === undefined) continue;
    const ours: number[] = [];
    const foreign: number[] = [];
    for (let row = 0; row < plan.table.rowCount; row++) {
      if (plan.table.prefixLengths[row] !== widen) continue;
      if (plan.has(row, FLAG.FOREIGN)) foreign.push(row);
      else if (plan.mayHold(row)) ours.push(row);
    }
    for (const [note, rows] of [['widened', ours] as const, ['foreign', foreign] as const]) {
      if (rows.length === 0) continue;
      yield { set, note, columns: plan.addresses(Int32Array.from(rows), rows.length) };
    }
  }
}

function isCleared(plan: SetPlan, row: number): boolean {
  if (row < 0) return true;
  const owed = FLAG.MAYBE | FLAG.FOREIGN | FLAG.IN_FLIGHT | FLAG.PURGE;
  return plan.wanted[row] === 0 && plan.held[row] === 0 && !plan.has(row, owed);
}
