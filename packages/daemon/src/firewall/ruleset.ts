import type { Family } from '@vallum/core';

/** What a rule does with a packet that it matches. */
export type Verdict =
  | { readonly kind: 'accept' | 'drop' | 'return' | 'none' }
  /** `goto`: what follows in this chain is not looked at. */
  | { readonly kind: 'jump' | 'goto'; readonly chain: string };

export interface SetReference {
  readonly set: string;
  /** False where the destination is looked up. */
  readonly source: boolean;
  readonly negated: boolean;
}

export interface Rule {
  readonly references: readonly SetReference[];
  /** Matches every packet: nothing behind it is reached, where it accepts or drops. */
  readonly always: boolean;
  /** Looks at nothing but the sets. */
  readonly onlySets: boolean;
  readonly verdict: Verdict;
  /** For people. */
  readonly text: string;
}

/** A chain that the kernel enters by itself. */
export interface BaseChain {
  readonly chain: string;
  readonly hook: 'input' | 'forward' | 'prerouting';
}

/** One table of rules, in whatever tool's words it was written. */
export interface RuleTable {
  /** `iptables filter`, `nft inet vallum`. */
  readonly name: string;
  /** Whose sets its rules can name. */
  readonly sets: 'ipset' | 'nftables';
  readonly families: readonly Family[];
  readonly chains: ReadonlyMap<string, readonly Rule[]>;
  readonly bases: readonly BaseChain[];
}
