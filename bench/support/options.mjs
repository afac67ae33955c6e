/**
 * What `npm run bench` hands to each benchmark.
 *
 * @typedef {object} BenchOptions
 * @property {number} runs at least; what is fast may run more often
 * @property {number} scale 1 is the size that the documentation names
 */

/** @returns {BenchOptions} */
export function readOptions(argv = process.argv.slice(2)) {
  return { runs: number(argv, '--runs', 5), scale: number(argv, '--scale', 1) };
}

/** A size at this scale: never less than `least`. */
export function scaled(size, { scale }, least = 1) {
  return Math.max(least, Math.round(size * scale));
}

function number(argv, name, otherwise) {
  const at = argv.indexOf(name);
  if (at === -1) return otherwise;
  const value = Number(argv[at + 1]);
  if (Number.isFinite(value) && value > 0) return value;
  console.error(`${name} wants a number above 0, such as ${name} ${otherwise}`);
  process.exit(64);
}
