import { TimeSlice } from '../system/time-slice.js';
import {
  APPLIED,
  FAILED,
  PRESENT,
  UNCHANGED,
  type Backend,
  type Change,
  type ChangeColumns,
  type ChangeFailure,
  type ChangeReport,
  type ChangeVerdicts,
} from './backend.js';
import { changeAt } from './change-columns.js';

/** Changes that a backend without columns gets at a time. */
const PART = 4096;

/** Applies many changes of one set: in columns where the backend can, else in parts. */
export function applyInColumns(
  backend: Pick<Backend, 'apply' | 'applyColumns'>,
  columns: ChangeColumns,
): Promise<ChangeVerdicts> {
  return backend.applyColumns === undefined
    ? applyInParts(backend, columns)
    : backend.applyColumns(columns);
}

async function applyInParts(
  backend: Pick<Backend, 'apply'>,
  columns: ChangeColumns,
): Promise<ChangeVerdicts> {
  const outcomes = new Uint8Array(columns.length);
  const failures = new Map<number, ChangeFailure>();
  const slice = new TimeSlice();
  for (let start = 0; start < columns.length; start += PART) {
    const changes: Change[] = [];
    const end = Math.min(start + PART, columns.length);
    for (let index = start; index < end; index++) changes.push(changeAt(columns, index));
    const reports = await backend.apply(changes);
    for (let index = start; index < end; index++) {
      const report = reports[index - start] ?? NO_REPORT;
      outcomes[index] = OUTCOMES[report.outcome];
      if (report.outcome === 'failed') {
        failures.set(index, { fault: report.fault, detail: report.detail });
      }
    }
    if (slice.isOver) await slice.breathe();
  }
  return { outcomes, failures };
}

const OUTCOMES: Readonly<Record<ChangeReport['outcome'], number>> = {
  applied: APPLIED,
  unchanged: UNCHANGED,
  present: PRESENT,
  failed: FAILED,
};

const NO_REPORT: ChangeReport = { outcome: 'failed', fault: 'unknown', detail: 'no verdict' };
