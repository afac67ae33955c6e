import { type Family } from '@vallum/core';
import type { HostFacts } from './host-facts.js';
import { subtract, unite, type IntervalSet } from './interval-set.js';
import type { Context, Packets, Place, Target } from './match-packets.js';
import {
  addressRange,
  ALL_NAMES,
  ALL_SERVICES,
  allAddresses,
  interfaceNames,
  KINDS,
  meet,
  oneOf,
  services,
  STATES,
  without,
  type Region,
} from './packet-space.js';
import type { BaseChain, RuleTable } from './ruleset.js';
import { TooComplex, walkBase, type Sightings } from './walk-chain.js';

export type Way = 'input' | 'forward';

/** What of the packets from banned addresses is let through. */
export interface Opening {
  readonly way: Way;
  readonly packets: Packets;
}

export interface WaysIn {
  readonly ways: readonly Way[];
  readonly openings: readonly Opening[];
  readonly rules: Sightings['rules'];
  /** The ruleset is too large and too entangled to be followed. */
  readonly tooComplex: boolean;
  /** Boxes of packets times rules that were looked at. */
  readonly steps: number;
}

/** Behind these are only guests of this machine: containers, pods, virtual machines. */
const INSIDE =
  /^(docker\d|docker_gwbridge|br-[0-9a-f]{12}|veth|virbr|vnet|lxcbr|lxdbr|incusbr|podman|cni|cali|flannel|vxlan\.calico|tunl0|kube-)/;

/** A machine of which nothing is known but its rules. */
export const UNKNOWN_HOST: HostFacts = {
  addresses: [],
  broadcasts: [],
  forwards: { ipv4: false, ipv6: false },
  bridged: { ipv4: [], ipv6: [] },
};

/**
 * Follows what comes from a banned address through every chain that the kernel enters, in its order:
 *
 *     ingress → prerouting → (nat) → input           what is for this machine
 *                                  ↘ forward         what is for others, published ports too
 *
 * A packet gets in only if every chain lets it: what one accepts the next may still drop.
 *
 * @param state of the connection to which the packets belong
 */
export function findWaysIn(
  tables: readonly RuleTable[],
  target: Target,
  host: HostFacts = UNKNOWN_HOST,
  state: 'new' | 'established' = 'new',
): WaysIn {
  // Addresses are translated when a connection begins, and by what is remembered of it from then on.
  const own = tables
    .filter(({ family }) => family === target.family)
    .map((table) => ({
      ...table,
      bases: table.bases.filter(({ type }) => state === 'new' || type !== 'nat'),
    }));
  const bridges = unite(host.bridged[target.family].map((name) => interfaceNames(name, '*')));
  const bridged = bridges.length > 0;
  const routes = host.forwards[target.family] && leadsOn(host);
  const ways: Way[] = routes || bridged ? ['input', 'forward'] : ['input'];
  // Without routing, only what a bridge hands from one of its ports to another.
  const forwarded: Region = routes ? {} : { iif: bridges, oif: bridges };
  const local = localAddresses(host, target.family);
  const context: Context = { target, bridged, local };
  const seen: Sightings = { rules: new Map(), drops: 0, bans: 0, steps: 0 };
  const openings: Opening[] = [];
  try {
    const sent = senders(host, local, target.family, state);
    const routed = passHooks(own, ['ingress', 'prerouting'], sent, context, seen);
    for (const way of ways) {
      const here = routed.flatMap((packets): Packets[] => {
        const region = meet(packets.region, way === 'input' ? INPUT : { ...FORWARD, ...forwarded });
        return region === undefined ? [] : [{ ...packets, region }];
      });
      const left = passHooks(own, [way], here, context, seen);
      openings.push(...left.map((packets) => ({ way, packets })));
    }
    return { ways, openings, rules: seen.rules, tooComplex: false, steps: seen.steps };
  } catch (error) {
    if (!(error instanceof TooComplex)) throw error;
    return { ways, openings, rules: seen.rules, tooComplex: true, steps: seen.steps };
  }
}

const INPUT: Region = { kind: [KINDS.local, KINDS.other] };
const FORWARD: Region = { kind: oneOf(KINDS.other) };

function passHooks(
  tables: readonly RuleTable[],
  hooks: readonly BaseChain['hook'][],
  packets: readonly Packets[],
  context: Context,
  seen: Sightings,
): readonly Packets[] {
  const bases = tables
    .flatMap((table) => table.bases.map((base) => ({ table, base })))
    .filter(({ base }) => hooks.includes(base.hook))
    .sort(
      (a, b) =>
        hooks.indexOf(a.base.hook) - hooks.indexOf(b.base.hook) ||
        a.base.priority - b.base.priority,
    );
  let left = packets;
  for (const { table, base } of bases) {
    left =
      base.hook === 'ingress'
        ? passIngress(table, base, left, context, seen)
        : walkBase(table, base, left, context, seen);
  }
  return left;
}

/** The chain of some interfaces only. */
function passIngress(
  table: RuleTable,
  base: BaseChain,
  packets: readonly Packets[],
  context: Context,
  seen: Sightings,
): readonly Packets[] {
  const { family } = context.target;
  const { devices } = base;
  if (devices === undefined) {
    const { bans } = seen;
    walkBase(table, base, packets, context, seen);
    if (seen.bans === bans) return packets;
    const doubt: Place = {
      where: `${table.name} ${base.chain}`,
      text: 'hook ingress of some interface',
    };
    return packets.map((one) => ({ ...one, doubt }));
  }
  const iif = unite(devices.map((name) => interfaceNames(name, '*')));
  const inside: Packets[] = [];
  const outside: Packets[] = [];
  for (const one of packets) {
    const region = meet(one.region, { iif });
    if (region === undefined) outside.push(one);
    else {
      inside.push({ ...one, region });
      outside.push(
        ...without(one.region, region, family).map((rest) => ({ ...one, region: rest })),
      );
    }
  }
  return [...outside, ...walkBase(table, base, inside, context, seen)];
}

/** Everything that somebody outside can send to begin with. */
function senders(
  host: HostFacts,
  local: IntervalSet | undefined,
  family: Family,
  state: 'new' | 'established',
): Packets[] {
  const guests = (host.interfaces ?? []).filter((name) => INSIDE.test(name));
  const hidden = unite(['lo', ...guests].map((name) => interfaceNames(name, '*')));
  const region: Region = {
    iif: subtract(ALL_NAMES, hidden),
    service: beginnings(family),
    ct: oneOf(STATES[state] * 2),
  };
  const multicast = addressRange(family === 'ipv4' ? '224.0.0.0/4' : 'ff00::/8', family) ?? [];
  const all = allAddresses(family);
  const others = subtract(local ? subtract(all, local) : all, multicast);
  const broadcasts = addressSet([...host.broadcasts, '255.255.255.255'], family);
  const kinds: Region[] = [
    { kind: oneOf(KINDS.local), ...(local ? { dst: local } : {}) },
    { kind: oneOf(KINDS.multicast), dst: multicast },
    { kind: oneOf(KINDS.other), dst: others },
    ...(family === 'ipv4' ? [{ kind: oneOf(KINDS.broadcast), dst: broadcasts }] : []),
  ];
  return kinds.map((kind) => ({ region: { ...region, ...kind }, mark: 0, connectionMark: 0 }));
}

/**
 * What opens a connection, in the eyes of connection tracking: of ICMP only questions, since errors
 * belong to a connection that is there (or to none, and do nothing). What IPv6 needs to find
 * neighbours does not count: it comes from the same cable, and no host works without.
 */
export function beginnings(family: Family): IntervalSet {
  const [icmp, types, ofOther] = family === 'ipv4' ? [1, [8, 13, 15, 17], 58] : [58, [128, 139], 1];
  const questions = unite(types.map((type) => [type * 256, type * 256 + 256]));
  const others = subtract(ALL_SERVICES, unite([services(icmp), services(ofOther)]));
  return unite([others, services(icmp, questions)]);
}

/** undefined: not known, or none. */
export function localAddresses({ addresses }: HostFacts, family: Family): IntervalSet | undefined {
  const found = addressSet(addresses, family);
  return found.length === 0 ? undefined : found;
}

function addressSet(addresses: readonly string[], family: Family): IntervalSet {
  return unite(addresses.flatMap((text) => [addressRange(text, family) ?? []]));
}

/** With a single interface there is nowhere to pass anything on to. */
function leadsOn({ interfaces }: HostFacts): boolean {
  return interfaces === undefined || interfaces.filter((name) => name !== 'lo').length > 1;
}

/** The interfaces that are there and lead outside; undefined: not known, so that any counts. */
export function presentInterfaces({ interfaces = [] }: HostFacts): IntervalSet | undefined {
  const outside = interfaces.filter((name) => name !== 'lo' && !INSIDE.test(name));
  return outside.length === 0 ? undefined : unite(outside.map((name) => interfaceNames(name, '*')));
}
