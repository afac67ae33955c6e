import type { SetReport } from './answers.js';

/**
 * How many entries a set has; undefined: nobody knows. It is looked at now and then, and what this node has put
 * in since is in it all the same.
 */
export function entriesOf({
  entries,
  bans,
  pending,
}: Pick<SetReport, 'entries' | 'bans' | 'pending'>): number | undefined {
  return entries === undefined ? undefined : Math.max(entries, bans - pending);
}
