import type { SetPlan } from '../plan/set-plan.js';
import { TimeSlice } from '../system/time-slice.js';

const STRIDE = 512;

/** Visits the rows of a plan that are in use, and lets others go first meanwhile. */
export async function eachRow(plan: SetPlan, visit: (row: number) => void): Promise<void> {
  const slice = new TimeSlice();
  for (let row = 0; row < plan.table.rowCount; row++) {
    if (row % STRIDE === 0 && slice.isOver) await slice.breathe();
    if (plan.table.isUsed(row)) visit(row);
  }
}
