import { MAX_TIMEOUT_SECONDS } from '../backend.js';

/**
 * nft cannot say "for ever" for an element of a set with a default timeout: a hundred years then,
 * which is far beyond the longest time that Vallum gives.
 */
export const FOR_EVER_MS = 3_153_600_000_000;

/** At least 1: 0 reads as "for ever", and what is listed has not ended. */
export function secondsLeft(leftMs: number): number {
  const seconds = Math.floor(leftMs / 1000);
  return seconds > MAX_TIMEOUT_SECONDS ? 0 : Math.max(1, seconds);
}
