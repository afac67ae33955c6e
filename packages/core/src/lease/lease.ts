import type { Address } from '../address/address.js';
import type { Until } from '../message/command.js';
import type { Origin } from '../words/names.js';

/** One origin's claim on an address. */
export interface Lease {
  /** '' for an anonymous request. */
  readonly origin: Origin | '';
  readonly until: Until;
  readonly reason?: string;
}

/** An address with its leases; it lasts until the longest of them ends. */
export interface Ban {
  readonly address: Address;
  readonly leases: readonly Lease[];
}

export function isLive(lease: Lease, nowUnix: number): boolean {
  return typeof lease.until !== 'number' || lease.until > nowUnix;
}

/** The longest lease's end. `never` outlasts all; `default` outlasts a fixed end, being unknown. */
export function banUntil(ban: Ban): Until {
  let longest: Until = 0;
  for (const { until } of ban.leases) {
    if (until === 'never') return 'never';
    if (until === 'default' || longest === 'default') longest = 'default';
    else if (until > longest) longest = until;
  }
  return longest;
}
