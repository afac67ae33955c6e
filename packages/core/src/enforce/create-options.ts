import type { SetSpec, SetType } from '../backend/backend.js';

/** How to create missing sets; the family follows from the name: a trailing `6` makes IPv6. */
export interface CreateOptions {
  /** Default `hash:net`, which takes addresses and prefixes. */
  readonly type?: SetType;
  /** Seconds; 0: entries may carry a timeout and live for ever without one. undefined: no timeouts. */
  readonly defaultTimeoutSeconds?: number;
  /** Default: what the kernel gives, 65,536 for ipset; sets of nftables have no limit then. */
  readonly maxEntries?: number;
  /** Needed for bitmap:ip. */
  readonly range?: SetSpec['range'];
  /** Entries carry who banned them and why (ipset only). Default false. */
  readonly comments?: SetSpec['comments'];
}
