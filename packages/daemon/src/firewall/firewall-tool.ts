import { VallumError } from '@vallum/core';
import { type Run, type RunResult } from '@vallum/core/backend';

/**
 * Runs a program that has to succeed.
 *
 * @throws VallumError `PERMISSION_DENIED`, `BACKEND_UNAVAILABLE` (not installed) or `BACKEND_FAILED`
 */
export async function mustRun(
  run: Run,
  program: string,
  args: readonly string[],
  input?: string,
): Promise<string> {
  const operation = [program, ...args].join(' ');
  let result: RunResult;
  try {
    result = await run(program, args, input === undefined ? {} : { input });
  } catch (cause) {
    // It was started, and hung.
    if (cause instanceof VallumError) throw cause;
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    const message = missing
      ? `${program} is not installed: apt install ${PACKAGES[program] ?? 'iptables'}`
      : `${program} could not be started`;
    throw new VallumError(message, { code: 'BACKEND_UNAVAILABLE', operation, cause });
  }
  const { code, stdout, stderr } = result;
  // `ipset -` goes on after a bad line and may end with 0 all the same.
  const complaint = program === 'ipset' ? stderr.trim() : '';
  if (code === 0 && complaint === '') return stdout;
  const words = stderr.trim().split('\n')[0] ?? '';
  if (/Operation not permitted|Permission denied|you must be root/i.test(stderr)) {
    throw new VallumError(`${operation}: not permitted; run it as root (sudo vallumd setup …)`, {
      code: 'PERMISSION_DENIED',
      operation,
    });
  }
  throw new VallumError(`${operation}: ${words || `exit code ${String(code)}`}`, {
    code: 'BACKEND_FAILED',
    operation,
  });
}

const PACKAGES: Readonly<Record<string, string>> = { ipset: 'ipset', nft: 'nftables' };
