import { MAX_TIMEOUT_SECONDS, type Change } from './backend.js';

/** Says why a change's timeout cannot be stored; undefined where it can. */
export function timeoutProblem(change: Change): string | undefined {
  if (change.op === 'del' || change.timeoutSeconds === undefined) return undefined;
  return isTimeout(change.timeoutSeconds)
    ? undefined
    : `a timeout is a whole number of 0 to ${MAX_TIMEOUT_SECONDS} seconds, not ${change.timeoutSeconds}`;
}

export function isTimeout(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_TIMEOUT_SECONDS;
}
