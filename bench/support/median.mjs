/** @param {readonly number[]} numbers */
export function median(numbers) {
  return quantile(numbers, 0.5);
}

/** The number that this share of all does not exceed. */
export function quantile(numbers, share) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const at = Math.min(sorted.length - 1, Math.max(0, Math.ceil(share * sorted.length) - 1));
  const upper = sorted[at] ?? Number.NaN;
  if (share !== 0.5 || sorted.length % 2 === 1) return upper;
  return (upper + (sorted[at + 1] ?? upper)) / 2;
}
