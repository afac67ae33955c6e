import { measure } from './measure.mjs';

/** At least five; VALLUM_BENCH_RUNS says otherwise while a benchmark is being written. */
export const RUNS = Number(process.env.VALLUM_BENCH_RUNS ?? 7);

/**
 * Measures two commands in turn, so that whatever else the machine does meets both. What `before`
 * says comes ahead of each run and is not counted. A run of each beforehand fills the caches.
 *
 * @param {{ ours: import('./measure.mjs').Command, theirs: import('./measure.mjs').Command,
 *   runs?: number, before?: () => Promise<void> | void }} pair
 * @returns {Promise<{ ours: Measured, theirs: Measured, ratio: number, cpuRatio: number }>} medians;
 *   the ratios are ours to theirs: below 1 we are faster
 *
 * @typedef {import('./measure.mjs').Measured} Measured
 */
export async function compare({ ours, theirs, runs = RUNS, before = () => undefined }) {
  const measured = { ours: [], theirs: [] };
  for (let run = -1; run < runs; run += 1) {
    for (const [who, command] of Object.entries({ ours, theirs })) {
      await before();
      const times = await measure(command);
      if (run >= 0) measured[who].push(times);
    }
  }
  const result = { ours: medians(measured.ours), theirs: medians(measured.theirs) };
  return {
    ...result,
    ratio: result.ours.seconds / result.theirs.seconds,
    cpuRatio: result.ours.cpuSeconds / result.theirs.cpuSeconds,
  };
}

/** @param {readonly Measured[]} measured @returns {Measured} */
function medians(measured) {
  return {
    seconds: median(measured.map(({ seconds }) => seconds)),
    cpuSeconds: median(measured.map(({ cpuSeconds }) => cpuSeconds)),
  };
}

/** @param {readonly number[]} values @returns {number} */
export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1
    ? sorted[middle]
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}
