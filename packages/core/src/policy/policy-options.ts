import type { ProtectedEntry } from './protect-list.js';

/** What may not be banned here, whoever asks. Loopback and what no attacker can have never may. */
export interface PolicyOptions {
  /** Addresses and prefixes that may never be banned, beside the automatic ones. */
  readonly protect?: readonly string[];
  /**
   * Finds this host's own addresses, gateways and name servers; asked at start, on every
   * connection and every minute. Default: reads them from the system, and again as soon as the
   * kernel says that they changed. `false`: none.
   */
  readonly protectHost?: (() => Promise<readonly ProtectedEntry[]>) | false;
  /** Shortest prefix that may be banned. Default 16 for IPv4, 32 for IPv6. */
  readonly minPrefixLength?: { readonly ipv4?: number; readonly ipv6?: number };
  /**
   * The share of a family's address space that one set may cover, 0 to 1. Default 0.25; 1 is no
   * limit. For IPv6 the space is 2000::/3, all that is given out.
   */
  readonly maxCover?: number;
}
