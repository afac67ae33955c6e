import { failure, type Failure } from '../words/result.js';
import { MAX_UNIX_SECONDS } from '../words/unix-time.js';
import { AS_THE_SET_SAYS, NEVER } from './entry-columns.js';

/** A word that the entry does not have. No time is below zero. */
export const UNSAID = -1;

/** `resolveEnd`: the ban was over before it was read. */
export const OVER = -1;
/** `resolveEnd`: the timeout goes beyond what a time can be. */
export const BEYOND = -2;

/**
 * When a ban ends. `timeout` counts from the stamp, where the publisher gave one, so that every node
 * comes to the same end; without from the moment of reading.
 *
 * A ban that is over is none, unless it has a stamp: then it still supersedes an older one that may
 * last longer.
 *
 * @param until Unix seconds, NEVER or UNSAID; rules over `timeoutSeconds`
 * @param timeoutSeconds seconds, NEVER or UNSAID
 * @param stamp Unix milliseconds, or UNSAID
 * @returns Unix seconds, NEVER or AS_THE_SET_SAYS; or OVER or BEYOND
 */
export function resolveEnd(
  until: number,
  timeoutSeconds: number,
  stamp: number,
  nowMs: number,
): number {
  if (until !== UNSAID) {
    if (stamp === UNSAID && until <= Math.floor(nowMs / 1000)) return OVER;
    // 0 has another meaning; the second that follows is as long over.
    return until === AS_THE_SET_SAYS ? 1 : until;
  }
  if (timeoutSeconds === UNSAID) return AS_THE_SET_SAYS;
  if (timeoutSeconds === NEVER) return NEVER;
  const end = Math.floor((stamp === UNSAID ? nowMs : stamp) / 1000) + timeoutSeconds;
  return end > MAX_UNIX_SECONDS ? BEYOND : end;
}

/** What is wrong, where `resolveEnd` said OVER or BEYOND. */
export function endFault(
  end: number,
  until: number,
  nowMs: number,
): Failure<'bad-time' | 'expired'> {
  if (end === BEYOND) {
    return failure('bad-time', 'the timeout goes beyond the year 9999: write timeout never');
  }
  const agoSeconds = Math.floor(nowMs / 1000) - until;
  return failure(
    'expired',
    `the ban ended ${String(agoSeconds)} s ago: if it should not have, compare the clocks`,
  );
}
