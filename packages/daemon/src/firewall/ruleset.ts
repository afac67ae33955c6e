import type { Family } from '@vallum/core';
import type { IntervalSet } from './interval-set.js';
import type { Region } from './packet-space.js';

export interface SetReference {
  readonly set: string;
  /** False where the destination is looked up. */
  readonly source: boolean;
  readonly negated: boolean;
  /** False where more than being in the set counts, such as its counters. */
  readonly plain: boolean;
}

/** `mark & mask` is one of the values; negated: is none of them. */
export interface MarkTest {
  readonly of: 'packet' | 'connection';
  readonly mask: number;
  readonly values: readonly number[];
  readonly negated: boolean;
}

/** What a packet has to be so that a rule applies. All of it has to be true. */
export interface Condition {
  readonly region: Region;
  readonly marks: readonly MarkTest[];
  readonly sets: readonly SetReference[];
  /** Of such packets some match and some do not: a rate, a TTL, chance. */
  readonly sometimes: boolean;
  /** Something is not understood: it may match all, some or none. */
  readonly opaque: boolean;
  /** Packets that a bridge passes on, as br_netfilter shows them. */
  readonly bridged: boolean;
}

/** What a rule changes on a packet that goes on. */
export type Change =
  /** `(mark & and) ^ xor` */
  | {
      readonly kind: 'mark';
      readonly of: MarkTest['of'];
      readonly and: number;
      readonly xor: number;
    }
  /** From the packet's mark to the connection's (`save`), or back. */
  | {
      readonly kind: 'save' | 'restore';
      readonly packetMask: number;
      readonly connectionMask: number;
    }
  | { readonly kind: 'mark-lost'; readonly of: MarkTest['of'] }
  | { readonly kind: 'untrack' };

/** What a rule does with a packet that it matches. */
export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'none' }
  /** `goto`: what follows in this chain is not looked at. */
  | { readonly kind: 'jump' | 'goto'; readonly chain: string }
  /** Somebody else decides: a program behind a queue, a target that is not known. */
  | { readonly kind: 'queue' | 'unknown' }
  | {
      readonly kind: 'dnat';
      /** undefined: not known */
      readonly dst: IntervalSet | undefined;
      /** undefined: stays as it is; `unknown`: some other */
      readonly ports: IntervalSet | 'unknown' | undefined;
      /** To this machine, whatever its address. */
      readonly redirect: boolean;
    };

/** One way in which a rule can match; the first that does counts. */
export interface Case {
  readonly condition: Condition;
  readonly changes: readonly Change[];
  readonly verdict: Verdict;
}

export interface Rule {
  readonly cases: readonly Case[];
  readonly references: readonly SetReference[];
  /** For people: as the tool prints it. */
  readonly text: string;
  /** With nftables. */
  readonly handle?: string;
}

/** A chain that the kernel enters by itself. */
export interface BaseChain {
  readonly chain: string;
  readonly hook: 'ingress' | 'prerouting' | 'input' | 'forward';
  readonly type: 'filter' | 'nat';
  /** Lower ones come first. */
  readonly priority: number;
  readonly policy: 'accept' | 'drop';
  /** At ingress: the interfaces; undefined: not known. */
  readonly devices?: readonly string[];
}

/** One table of rules for one family, in whatever tool's words it was written. */
export interface RuleTable {
  /** `iptables-nft filter`, `nft inet vallum`. */
  readonly name: string;
  /** Whose sets its rules can name. */
  readonly sets: 'ipset' | 'nftables';
  /** The nftables table that holds the sets which it names: `inet vallum`. */
  readonly home?: string;
  readonly family: Family;
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
  readonly bases: readonly BaseChain[];
  /** Names of the sets in this table. */
  readonly declared?: ReadonlySet<string>;
}

export const ANYTHING: Condition = {
  ...{ region: {}, marks: [], sets: [], sometimes: false, opaque: false, bridged: false },
};
