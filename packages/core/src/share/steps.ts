import { digestHorizon } from '../lease/remember.js';

/** Digests leave out what is about to end, at whole ten seconds of a node's own clock. */
const STEP_MS = 10_000;
/** So much before and after a step nothing is compared. */
const MARGIN_MS = 400;

/** Whether two clocks are between the same two steps. */
export function isSameStep(oneMs: number, otherMs: number): boolean {
  return digestHorizon(oneMs / 1000) === digestHorizon(otherMs / 1000);
}

/**
 * Milliseconds until two clocks are between the same two steps; 0 where they are, or never will be.
 * @param aheadMs by how much the other clock is ahead of ours; below 0: behind
 */
export function untilSameStep(nowMs: number, aheadMs: number): number {
  if (Math.abs(aheadMs) > STEP_MS - 4 * MARGIN_MS) return 0;
  const sinceStepMs = nowMs % STEP_MS;
  // Of our ten seconds, those in which the other is in the same.
  const fromMs = Math.max(0, -aheadMs) + MARGIN_MS;
  const toMs = STEP_MS - Math.max(0, aheadMs) - MARGIN_MS;
  if (sinceStepMs < fromMs) return fromMs - sinceStepMs;
  return sinceStepMs <= toMs ? 0 : STEP_MS - sinceStepMs + fromMs;
}
