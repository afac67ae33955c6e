import {
  APPLIED,
  FAILED,
  PRESENT,
  type Change,
  type ChangeColumns,
  type ChangeReport,
  type ChangeVerdicts,
} from './backend.js';
import { changeColumns } from './change-columns.js';
import { timeoutProblem } from './check-timeout.js';
import { failedChange } from './explain-fault.js';

/** Applies changes of one set, none of them a range, by a backend that works in columns. */
export async function applyAsColumns(
  changes: readonly Change[],
  applyColumns: (columns: ChangeColumns) => Promise<ChangeVerdicts>,
): Promise<ChangeReport[]> {
  const [first] = changes;
  if (first === undefined) return [];
  const { family } = first.address;
  if (changes.every((change) => change.address.family === family && isStorable(change))) {
    const verdicts = await applyColumns(changeColumns(first.set, family, changes));
    const reports: ChangeReport[] = [];
    for (const change of changes) reports.push(reportAt(verdicts, reports.length, change));
    return reports;
  }

  const reports = new Array<ChangeReport>(changes.length);
  for (const each of ['ipv4', 'ipv6'] as const) {
    const own: Change[] = [];
    const indices: number[] = [];
    for (const [index, change] of changes.entries()) {
      if (change.address.family !== each) continue;
      const problem = timeoutProblem(change);
      if (problem === undefined) {
        own.push(change);
        indices.push(index);
      } else {
        reports[index] = failedChange(change, 'unstorable', problem);
      }
    }
    if (own.length === 0) continue;
    const verdicts = await applyColumns(changeColumns(first.set, each, own));
    for (const [place, change] of own.entries()) {
      reports[indices[place] ?? 0] = reportAt(verdicts, place, change);
    }
  }
  return reports;
}

function isStorable(change: Change): boolean {
  return timeoutProblem(change) === undefined;
}

function reportAt(verdicts: ChangeVerdicts, index: number, change: Change): ChangeReport {
  switch (verdicts.outcomes[index]) {
    case APPLIED:
      return DONE;
    case PRESENT:
      return THERE;
    case FAILED: {
      const failure = verdicts.failures.get(index);
      if (failure === undefined) return failedChange(change, 'unknown');
      return failedChange(change, failure.fault, failure.detail);
    }
    default:
      return NOT_THERE;
  }
}

const DONE: ChangeReport = /* @__PURE__ */ Object.freeze({ outcome: 'applied' });
const THERE: ChangeReport = /* @__PURE__ */ Object.freeze({ outcome: 'present' });
const NOT_THERE: ChangeReport = /* @__PURE__ */ Object.freeze({ outcome: 'unchanged' });
