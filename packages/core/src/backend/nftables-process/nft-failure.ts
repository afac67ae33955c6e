import { VallumError, type VallumErrorCode } from '../../words/errors.js';
import { escapeForDisplay } from '../../words/escape.js';
import type { RunResult } from '../../system/run.js';
import type { Change, ChangeReport } from '../backend.js';
import { failedChange } from '../explain-fault.js';
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

/** The verdict on a change that nft refused in these words. */
export function reportMessage(change: Change, message: string): ChangeReport {
  const { text } = change.address;
  switch (translateNftMessage(message)) {
    case 'absent':
      if (change.op === 'del') return { outcome: 'unchanged' };
      break;
    case 'full':
      return failedChange(
        change,
        'set-full',
        `set ${change.set} is full; make it again with a larger size`,
      );
    case 'permission-denied':
      return failedChange(change, 'permission-denied');
    case 'unavailable':
      return failedChange(change, 'unavailable', `nft cannot change ${text}: ${quote(message)}`);
    default:
  }
  const detail = `nft could not ${change.op} ${text} in set ${change.set} and said: ${quote(message)}`;
  return failedChange(change, 'unknown', detail);
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
