import type { Until } from '../message/command.js';
import type { Origin } from '../words/names.js';

/** One origin's claim on an address, as it is shown where there are few. */
export interface Lease {
  /** '' for an anonymous request. */
  readonly origin: Origin | '';
  /** Unix seconds; `default` while it is not known what the set makes of a ban that names no end. */
  readonly until: Until;
  readonly reason?: string;
  /** When it was asked for, Unix milliseconds. */
  readonly stamp: number;
  /** The stamp is this node's own, since the publisher gave none. */
  readonly ownStamp: boolean;
}

export function isLive(lease: Lease, nowUnix: number): boolean {
  return typeof lease.until !== 'number' || lease.until > nowUnix;
}

/** The longest lease's end. `never` outlasts all; `default` outlasts a fixed end, being unknown. */
export function banUntil(leases: readonly Pick<Lease, 'until'>[]): Until {
  let longest: Until = 0;
  for (const { until } of leases) {
    if (until === 'never') return 'never';
    if (until === 'default' || longest === 'default') longest = 'default';
    else if (until > longest) longest = until;
  }
  return longest;
}
