import { ipsetSets } from './sets/ipset-sets.js';
import type { KernelSets } from './sets/kernel-sets.js';
import { nftablesSets } from './sets/nftables-sets.js';

/** What one firewall of the fleet is like: no two are alike. */
export interface Profile {
  readonly name: string;
  readonly sets: KernelSets;
  /** vallumd makes sets that are missing; elsewhere the administrator does, a little later. */
  readonly create: boolean;
  readonly protects: readonly { readonly address: string; readonly length: number }[];
  /** Its wall clock can be set. Every look at it costs a file, so not all of them have one. */
  readonly ownClock: boolean;
  /** Notices a silent link early. */
  readonly keepaliveSeconds: number;
}

const usual = {
  create: false,
  protects: [],
  ownClock: false,
  keepaliveSeconds: 60,
} satisfies Partial<Profile>;
const ipset = { type: 'hash:net', timeouts: true, ipv6: true, backend: 'ipset' } as const;
const nftables = { backend: 'nftables', ipv6: true, interval: false } as const;

export const ROSTER: readonly Profile[] = [
  { ...usual, name: 'fw1', sets: ipsetSets(ipset) },
  {
    ...{ ...usual, name: 'fw2', sets: ipsetSets({ ...ipset, type: 'hash:ip' }) },
    ...{ ownClock: true, keepaliveSeconds: 5 },
  },
  { ...usual, name: 'fw3', sets: ipsetSets({ ...ipset, timeouts: false }), ownClock: true },
  {
    ...{ ...usual, name: 'fw4', sets: ipsetSets({ ...ipset, ipv6: false }), keepaliveSeconds: 5 },
    protects: [{ address: '203.0.113.0', length: 30 }],
  },
  { ...usual, name: 'fw5', sets: nftablesSets(nftables), create: true, ownClock: true },
  { ...usual, name: 'fw6', sets: nftablesSets(nftables), keepaliveSeconds: 5 },
  {
    ...{ ...usual, name: 'fw7', sets: nftablesSets({ ...nftables, interval: true }) },
    protects: [{ address: '203.0.113.6', length: 32 }],
  },
  { ...usual, name: 'fw8', sets: nftablesSets({ ...nftables, ipv6: false }), keepaliveSeconds: 5 },
];
