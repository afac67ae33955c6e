import { VallumError, type VallumErrorCode } from '../../words/errors.js';
import { escapeForDisplay } from '../../words/escape.js';
import type { RunResult } from '../../system/run.js';
import { ADD_NEW, DELETE, PRESENT, UNCHANGED, type ChangeColumns } from '../backend.js';
import type { ColumnVerdicts } from '../column-verdicts.js';
import type { Refusal } from '../nftables/set-driver.js';
import { essentialLine, translateNftMessage } from './translate-nft-message.js';

/** Says in one clause why the program could not be run, and what to do. */
export function explainSpawnFailure(program: string, cause: unknown): string {
  // It was started, and did not end.
  if (cause instanceof VallumError) return cause.message;
  const hasCode = typeof cause === 'object' && cause !== null && 'code' in cause;
  const code = hasCode ? String(cause.code) : 'unknown reason';
  return code === 'ENOENT'
    ? `the program ${program} was not found; install it (apt install nftables)`
    : `the program ${program} could not be started (${escapeForDisplay(code)})`;
}

/** Makes an error of a run that failed. `operation` names the set: `nft list set blacklist`. */
export function runError(result: RunResult, operation: string): VallumError {
  const [code, problem] = describeFailure(result);
  return new VallumError(`${operation}: ${problem}`, {
    code,
    operation,
    cause: new Error(escapeForDisplay(result.stderr.trim(), 500)),
  });
}

/** Gives the verdict on one row that nft refused in these words. */
export function judgeMessage(
  verdicts: ColumnVerdicts,
  { ops }: ChangeColumns,
  row: number,
  message: string,
): void {
  const meaning = translateNftMessage(message);
  if (meaning === 'absent' && ops[row] === DELETE) verdicts.outcomes[row] = UNCHANGED;
  else if (meaning === 'exists' && ops[row] === ADD_NEW) verdicts.outcomes[row] = PRESENT;
  else {
    const { fault, detail } = refusalOf(message);
    verdicts.fail(row, fault, detail);
  }
}

/** Why nft refused a change. */
export function refusalOf(message: string): Refusal {
  switch (translateNftMessage(message)) {
    case 'full':
      return { fault: 'set-full', detail: 'the set is full; make it again with a larger size' };
    case 'permission-denied':
      return { fault: 'permission-denied' };
    case 'unavailable':
      return { fault: 'unavailable', detail: `nft cannot change it: ${quote(message)}` };
    default:
      return { fault: 'unknown', detail: `nft could not change it and said: ${quote(message)}` };
  }
}

function quote(message: string): string {
  return escapeForDisplay(message, 200);
}

function describeFailure(result: RunResult): [VallumErrorCode, string] {
  switch (translateNftMessage(result.stderr)) {
    case 'permission-denied':
      return [
        'PERMISSION_DENIED',
        'not allowed to use nftables; run as root or with CAP_NET_ADMIN',
      ];
    case 'unavailable':
      return [
        'BACKEND_UNAVAILABLE',
        `the kernel lacks what nft needs (${describeEnd(result)}); load its module: modprobe nf_tables`,
      ];
    case 'missing':
    case 'absent':
      return ['BACKEND_FAILED', 'the set or table does not exist'];
    default:
      return ['BACKEND_FAILED', describeEnd(result)];
  }
}

/** What the program said, or how it ended where it said nothing. Safe to print. */
export function describeEnd({ code, stderr }: Pick<RunResult, 'code' | 'stderr'>): string {
  const words = essentialLine(stderr);
  if (words !== '') return `nft said: ${quote(words)}`;
  return code === null ? 'nft was killed by a signal' : `nft ended with exit code ${code}`;
}
