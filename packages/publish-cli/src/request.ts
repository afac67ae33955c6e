import type { Origin, SetName } from '@vallum/core/protocol';
import type { LeaseTerms } from './lease-terms.js';

/** What the command line asks for, checked; everything but the addresses themselves. */
export interface PublishRequest {
  readonly action: 'ban' | 'unban';
  readonly set: SetName;
  /** Entries of the fleet's protect list, and no bans. Default false. */
  readonly isProtection?: boolean;
  /** Where it is sent: the topic prefix and `/add` or `/del`. */
  readonly topic: string;
  readonly qos: 0 | 1 | 2;
  /** Addresses from the command line, not checked yet. */
  readonly addresses: readonly string[];
  /** A list to read: a path, or `-` for standard input. */
  readonly list?: string;
  /** Every ban of the origin, which nodes name; there are neither addresses nor list. Default false. */
  readonly isAllOfOrigin?: boolean;
  /** For entries that carry no end of their own. */
  readonly terms: LeaseTerms;
  /** Every entry of the list says itself when it ends. Default false. */
  readonly isListWithEnds?: boolean;
  readonly reason?: string;
  readonly origin?: Origin;
  /** Longest time without a confirmation from the broker. */
  readonly waitSeconds: number;
  /** So many nodes have to have it in their kernel sets, or all; undefined: nobody is asked. */
  readonly confirm?: number | 'all';
  /** How fast a long list is sent; 0: as fast as the broker takes it. */
  readonly entriesPerSecond: number;
  /** What nodes are known to take. */
  readonly minPrefixLength: { readonly ipv4: number; readonly ipv6: number };
  /** Where messages are kept that do not reach the broker; undefined: nowhere. */
  readonly spoolFolder?: string;
  readonly dryRun: boolean;
  readonly quiet: boolean;
  readonly verbose: boolean;
}
