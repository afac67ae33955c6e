import type { ChangeFailure, ChangeFault } from '../backend/backend.js';
import type { EnforceFault } from './report.js';

/** What became of a row, as far as the kernel is concerned. */
export type RowVerdict =
  /** The set held already what it should. */
  | 'in-step'
  | 'added'
  /** Was in the set, by us or, for a sweep, by anybody. */
  | 'deleted'
  /** Was not in the set when it was to be deleted. */
  | 'absent'
  /** Somebody else's entry is in the set, and blocks the address. */
  | 'foreign'
  | RowFailure;

/** Why a row is not as it should be: the kernel's word, or ours. */
export interface RowFailure {
  readonly fault: ChangeFault | EnforceFault;
  readonly detail: string;
}

export const NO_VERDICT: ChangeFailure = {
  fault: 'unknown',
  detail: 'the backend gave no verdict on this entry',
};

/** The kernel set is not what it was when the change was planned: look again, plan again. */
const STALE: ReadonlySet<RowFailure['fault']> = new Set([
  'set-missing',
  'wrong-family',
  'timeout-unsupported',
  'unsupported-type',
  'prefix-unsupported',
]);

/** The entry itself is what the set, as it is, will never take. */
const IMPOSSIBLE: ReadonlySet<RowFailure['fault']> = new Set([
  'out-of-range',
  'prefix-unsupported',
  'unstorable',
]);

/** Nothing of it is tried again. */
export function isHopeless(fault: RowFailure['fault']): boolean {
  return IMPOSSIBLE.has(fault) || fault === 'internal';
}

/** Whether the same, planned anew, may go well at once. */
export function isStale(verdict: RowVerdict | undefined): boolean {
  return typeof verdict === 'object' && STALE.has(verdict.fault);
}

/** Whether the set will never take the entry as long as it is what it is. */
export function isImpossible(fault: RowFailure['fault']): boolean {
  return IMPOSSIBLE.has(fault);
}

export function isSetFull(verdict: RowVerdict): boolean {
  return typeof verdict === 'object' && verdict.fault === 'set-full';
}
