import { compareAddresses, escapeForDisplay, parseAddress, type ListedLease } from '@vallum/core';
import { describeTimeQuickly } from '@vallum/core/protocol';
import { alignColumns } from '@vallum/options';

const MOST_TEXT = 300;

/** What can be an entry of the list, by address and then by who asked for it. */
export function sortedEntries(leases: readonly ListedLease[]): ListedLease[] {
  const read = leases.flatMap((lease) => {
    const address = parseAddress(lease.address);
    return address.ok ? [{ lease, address: address.value }] : [];
  });
  read.sort(
    (one, other) =>
      compareAddresses(one.address, other.address) ||
      (one.lease.origin < other.lease.origin ? -1 : 1),
  );
  return read.map(({ lease }) => lease);
}

/**
 *     address          who            until                    why
 *     198.51.100.0/24  admin.alice    for ever                 office
 *     203.0.113.9      vallumd:web1   2026-11-29 00:00:00 UTC  its own address
 *
 * What is not in force says so in place of its end.
 */
export function describeEntries(entries: readonly ListedLease[]): string[] {
  const rows = entries.map(({ address, origin, until, reason, inForce = true }) => [
    address,
    origin === '' ? '(anonymous)' : escapeForDisplay(origin, 128),
    !inForce ? 'not in force' : typeof until === 'number' ? describeTimeQuickly(until) : 'for ever',
    reason === undefined ? '' : escapeForDisplay(reason, MOST_TEXT),
  ]);
  return alignColumns([['address', 'who', 'until', 'why'], ...rows]);
}
