import type { SetName } from '../../words/names.js';

/**
 * The interval set beside a hash set: `blacklist` holds single addresses, `blacklist-net` the
 * prefixes. A commit into an interval set walks all of it (28 ms at 200,000 elements), one into a
 * hash set does not, so that single addresses are kept out of it.
 */
export function prefixSetName(set: string): string {
  return `${set}-net`;
}

/** The set that a name is the companion of, or the name itself. */
export function mainSetName(set: SetName): SetName {
  return set.endsWith('-net') ? (set.slice(0, -4) as SetName) : set;
}
