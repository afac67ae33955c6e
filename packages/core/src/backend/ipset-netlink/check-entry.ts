import { addressWidth } from '../../address/address.js';
import { SET_TYPES, type ChangeColumns } from '../backend.js';
import { columnTimeoutProblem } from '../check-timeout.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import type { SetKind } from './read-set.js';
import type { Run } from './run.js';

/**
 * Refuses one change that the kernel would take and do something else with, or cannot say no to in its own words.
 *
 * @returns whether it has its verdict
 */
export function refuseEntry(
  verdicts: ColumnVerdicts,
  columns: ChangeColumns,
  index: number,
  { type, family }: SetKind,
): boolean {
  if (!isEditable(type)) {
    verdicts.fail(
      index,
      'unsupported-type',
      `set ${columns.set} is a ${type}, which Vallum does not edit; make it a ${SET_TYPES.join(', ')}`,
    );
    return true;
  }
  if (columns.family !== family) {
    verdicts.fail(index, 'wrong-family');
    return true;
  }
  const problem = columnTimeoutProblem(columns, index);
  if (problem !== undefined) {
    verdicts.fail(index, 'unstorable', problem);
    return true;
  }
  if (type !== 'hash:net' && columns.prefixLengths[index] !== addressWidth(family)) {
    verdicts.fail(index, 'prefix-unsupported');
    return true;
  }
  return false;
}

/**
 * Whether what was seen of the set is not enough: a prefix in hash:ip would unfold into all its
 * addresses, and nothing may be refused for what the set was before somebody replaced it.
 */
export function needsSureKind(columns: ChangeColumns, { start, end }: Run, kind: SetKind): boolean {
  if (!isEditable(kind.type) || columns.family !== kind.family) return true;
  const width = addressWidth(columns.family);
  for (let index = start; index < end; index++) {
    if (columns.prefixLengths[index] !== width) return true;
  }
  return false;
}

function isEditable(type: string): boolean {
  return SET_TYPES.some((known) => known === type);
}
