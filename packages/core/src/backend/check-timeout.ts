import {
  DELETE,
  MAX_TIMEOUT_SECONDS,
  NO_TIMEOUT,
  type Change,
  type ChangeColumns,
} from './backend.js';

/** Says why a change's timeout cannot be stored; undefined where it can. */
export function timeoutProblem(change: Change): string | undefined {
  if (change.op === 'del' || change.timeoutSeconds === undefined) return undefined;
  return isTimeout(change.timeoutSeconds) ? undefined : noTimeout(change.timeoutSeconds);
}

/** As `timeoutProblem`, for one change of columns. */
export function columnTimeoutProblem(
  { ops, timeoutSeconds }: Pick<ChangeColumns, 'ops' | 'timeoutSeconds'>,
  index: number,
): string | undefined {
  const seconds = timeoutSeconds[index] ?? NO_TIMEOUT;
  return seconds <= MAX_TIMEOUT_SECONDS || seconds === NO_TIMEOUT || ops[index] === DELETE
    ? undefined
    : noTimeout(seconds);
}

function noTimeout(seconds: number): string {
  return `a timeout is a whole number of 0 to ${MAX_TIMEOUT_SECONDS} seconds, not ${seconds}`;
}

export function isTimeout(seconds: number): boolean {
  return Number.isInteger(seconds) && seconds >= 0 && seconds <= MAX_TIMEOUT_SECONDS;
}
