import { VallumError, type VallumErrorCode } from '../../words/errors.js';
import { escapeForDisplay } from '../../words/escape.js';
import type { RunResult } from '../../system/run.js';
import { essentialLine, translateIpsetMessage } from './translate-ipset-message.js';

const REMEDY_INSTALL = 'install it (apt install ipset)';

/** Says in one clause why a program could not be run, and what to do. */
export function explainSpawnFailure(program: string, cause: unknown): string {
  // It was started, and did not end.
  if (cause instanceof VallumError) return cause.message;
  const hasCode = typeof cause === 'object' && cause !== null && 'code' in cause;
  const code = hasCode ? String(cause.code) : 'unknown reason';
  return code === 'ENOENT'
    ? `the program ${program} was not found; ${REMEDY_INSTALL}`
    : `the program ${program} could not be started (${escapeForDisplay(code)})`;
}

export function spawnError(program: string, operation: string, cause: unknown): VallumError {
  const message = `${operation}: ${explainSpawnFailure(program, cause)}`;
  const code = cause instanceof VallumError ? cause.code : 'BACKEND_UNAVAILABLE';
  return new VallumError(message, { code, operation, cause });
}

/** Makes an error of a run that failed. `operation` names the set: `ipset list blacklist`. */
export function runError(result: RunResult, operation: string): VallumError {
  const meaning = translateIpsetMessage(result.stderr);
  const words = describeEnd(result);
  const failures: Partial<Record<typeof meaning, [VallumErrorCode, string]>> = {
    'permission-denied': [
      'PERMISSION_DENIED',
      'not allowed to use kernel sets; run as root or with CAP_NET_ADMIN',
    ],
    unavailable: [
      'BACKEND_UNAVAILABLE',
      `the kernel lacks what ipset needs (${words}); load its modules (modprobe ip_set) or choose another set type`,
    ],
    'set-missing': ['BACKEND_FAILED', 'the set does not exist'],
  };
  const [code, message] = failures[meaning] ?? ['BACKEND_FAILED', words];
  return new VallumError(`${operation}: ${message}`, {
    code,
    operation,
    cause: new Error(escapeForDisplay(result.stderr.trim(), 500)),
  });
}

/** What the program said last, or how it ended where it said nothing. Safe to print. */
export function describeEnd({ code, stderr }: Pick<RunResult, 'code' | 'stderr'>): string {
  const words = essentialLine(stderr);
  if (words !== '') return `ipset said: ${escapeForDisplay(words, 200)}`;
  return code === null ? 'ipset was killed by a signal' : `ipset ended with exit code ${code}`;
}
