import type { Change, ChangeFault, ChangeReport } from '../backend/backend.js';
import type { SetName } from '../words/names.js';

/** The kernel set is not what it was when the change was planned: look again, plan again. */
const STALE: readonly ChangeFault[] = [
  'set-missing',
  'wrong-family',
  'timeout-unsupported',
  'unsupported-type',
  'prefix-unsupported',
];

const NONE: readonly SetName[] = [];

export function isStale(report: ChangeReport | undefined): boolean {
  return report?.outcome === 'failed' && STALE.includes(report.fault);
}

/** The sets of which a report says that they are not what they were. */
export function staleSets(
  changes: readonly Change[],
  reports: readonly ChangeReport[],
): Iterable<SetName> {
  if (!reports.some(isStale)) return NONE;
  return new Set(changes.flatMap(({ set }, index) => (isStale(reports[index]) ? [set] : [])));
}
