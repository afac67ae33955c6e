import type { Lease } from '../lease/lease.js';

/**
 * What a set with comments is told of a ban, for whoever lists it: the lease that lasts longest, and
 * how many others there are. `web1: sshd`, `web1`, `sshd (and 2 more)`.
 *
 * @returns undefined where nobody said who or why
 */
export function composeComment(leases: readonly Lease[]): string | undefined {
  const longest = leases.reduce<Lease | undefined>(
    (found, lease) => (found === undefined || outlasts(lease, found) ? lease : found),
    undefined,
  );
  if (longest === undefined) return undefined;
  const { origin, reason = '' } = longest;
  const said = [origin, reason].filter((part) => part !== '').join(': ');
  if (said === '') return undefined;
  const others = leases.length - 1;
  return others === 0 ? said : `${said} (and ${others} more)`;
}

/** In the order of `banUntil`: for ever, what the set gives, a moment. */
function outlasts(one: Lease, other: Lease): boolean {
  return rank(one) > rank(other);
}

function rank({ until }: Lease): number {
  if (until === 'never') return Infinity;
  return until === 'default' ? Number.MAX_SAFE_INTEGER : until;
}
