/** When a lease ends, leaves the digest, and is forgotten. All in Unix seconds. */
import { NEVER } from '../message/entry-columns.js';
import { endOf, type Register } from './register.js';

// Looked up once: where a test runner stands in for the global object, a look costs more than the rest.
const { ceil, floor, max, min } = Math;

/** How long a withdrawal is remembered of which it is not known what it ended: 30 days. */
export const REMEMBER_SECONDS = 30 * 86_400;

const DIGEST_STEP_SECONDS = 10;
const DIGEST_MARGIN_SECONDS = 60;

/** What the set makes of a lease that names no end. */
export function settledUntil(stampMs: number, defaultTimeoutSeconds: number | undefined): number {
  if (defaultTimeoutSeconds === undefined || defaultTimeoutSeconds === 0) return NEVER;
  return floor(stampMs / 1000) + defaultTimeoutSeconds;
}

/** What ends by this moment does not count: clocks that differ by seconds are not to matter. */
export function digestHorizon(nowUnix: number): number {
  return floor(nowUnix / DIGEST_STEP_SECONDS) * DIGEST_STEP_SECONDS + DIGEST_MARGIN_SECONDS;
}

/** The first moment whose `digestHorizon` a lease with this end is not beyond. */
export function leavesDigestAt(end: number): number {
  return ceil((end - DIGEST_MARGIN_SECONDS) / DIGEST_STEP_SECONDS) * DIGEST_STEP_SECONDS;
}

/** When a withdrawal or sweep is forgotten: as soon as nothing that it ended could come back. */
export function forgetWithdrawalAt(stampMs: number, keepUntil: number, remember: number): number {
  const latest = ceil(stampMs / 1000) + remember;
  return keepUntil === 0 ? latest : min(keepUntil, latest);
}

/** When a lease is forgotten: at its end, or once nothing that it superseded could come back. */
export function forgetLeaseAt(
  end: number,
  stampMs: number,
  keepUntil: number,
  remember: number,
): number {
  return max(end, min(keepUntil, ceil(stampMs / 1000) + remember));
}

/** When a register is forgotten; of a lease that lives, not before its end. */
export function forgetAt(register: Register, rememberSeconds: number): number {
  const { kind, stamp, keepUntil } = register;
  return kind === 'lease'
    ? forgetLeaseAt(endOf(register.until), stamp, keepUntil, rememberSeconds)
    : forgetWithdrawalAt(stamp, keepUntil, rememberSeconds);
}
