import { parseAddress, type LeaseRecord } from '@vallum/core';

/** How many bans an origin or a network has. */
export interface TopRow {
  readonly name: string;
  readonly bans: number;
}

/** As many different ones are counted; what comes beyond, together. */
const MOST_COUNTED = 100_000;
export const OTHERS = '(others)';

/**
 * Counts live leases by their origins, or by their networks: /24 of IPv4, /48 of IPv6, and wider prefixes
 * as they are.
 */
export async function countTop(
  leases: AsyncIterable<LeaseRecord>,
  by: 'origin' | 'network',
  limit: number,
): Promise<TopRow[]> {
  const counts = new Map<string, number>();
  for await (const lease of leases) {
    const name = by === 'origin' ? lease.origin : networkOf(lease.address);
    const isNew = !counts.has(name);
    const counted = isNew && counts.size >= MOST_COUNTED ? OTHERS : name;
    counts.set(counted, (counts.get(counted) ?? 0) + 1);
  }
  return [...counts]
    .map(([name, bans]) => ({ name, bans }))
    .sort((one, other) => other.bans - one.bans || (one.name < other.name ? -1 : 1))
    .slice(0, limit);
}

function networkOf(address: string): string {
  const last = address.lastIndexOf('.');
  // By far the most are single IPv4 addresses.
  if (last > 0 && !address.includes('/')) return `${address.slice(0, last)}.0/24`;
  if (address.includes('/')) {
    const length = Number(address.slice(address.indexOf('/') + 1));
    if (length < (last > 0 ? 24 : 48)) return address;
  }
  const bare = address.replace(/\/.*/, '');
  const parsed = parseAddress(`${bare}/${last > 0 ? '24' : '48'}`);
  return parsed.ok ? parsed.value.text : address;
}
