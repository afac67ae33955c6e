import { parseAddress, type Family } from '@vallum/core';
import { covers, intersect, subtract, type IntervalSet } from './interval-set.js';

/**
 * What rules look at in a packet, as far as it is computed.
 *
 * - `iif`, `oif`: names of the interfaces
 * - `service`: protocol × 65536 + destination port, or ICMP type × 256 + code
 * - `sport`: source port, which the sender chooses
 * - `src`, `dst`: addresses, as numbers (IPv4) or bigints (IPv6)
 * - `kind`: what the destination is to this machine, see KINDS
 * - `ct`: state × 2, + 1 where the destination was translated, see STATES
 */
export const DIMENSIONS = ['iif', 'oif', 'service', 'sport', 'src', 'dst', 'kind', 'ct'] as const;
export type Dimension = (typeof DIMENSIONS)[number];

/** A box of packets: a dimension that is left out is not limited. */
export type Region = Readonly<Partial<Record<Dimension, IntervalSet>>>;

export const KINDS = { local: 0, broadcast: 1, multicast: 2, other: 3 } as const;
export const STATES = { new: 0, established: 1, related: 2, untracked: 3, invalid: 4 } as const;

const PORTS = 65536;
export const ALL_NAMES: IntervalSet = ['', '\uffff'];
export const ALL_SERVICES: IntervalSet = [0, 256 * PORTS];
const ALL_V4: IntervalSet = [0, 2 ** 32];
const ALL_V6: IntervalSet = [0n, 2n ** 128n];

/** Everything that a dimension can hold. */
export function whole(dimension: Dimension, family: Family): IntervalSet {
  switch (dimension) {
    case 'iif':
    case 'oif':
      return ALL_NAMES;
    case 'service':
      return ALL_SERVICES;
    case 'sport':
      return [0, PORTS];
    case 'src':
    case 'dst':
      return allAddresses(family);
    case 'kind':
      return [0, 4];
    case 'ct':
      return [0, 10];
  }
}

export function allAddresses(family: Family): IntervalSet {
  return family === 'ipv4' ? ALL_V4 : ALL_V6;
}

/** @returns undefined where they have nothing in common; `a` itself where it lies inside `b` */
export function meet(a: Region, b: Region): Region | undefined {
  let met: Record<string, IntervalSet> | undefined;
  for (const dimension of DIMENSIONS) {
    const limit = b[dimension];
    if (limit === undefined) continue;
    const own = a[dimension];
    const common = own === undefined ? limit : intersect(own, limit);
    if (common.length === 0) return undefined;
    if (common === own) continue;
    met ??= { ...a };
    met[dimension] = common;
  }
  return met ?? a;
}

/** What of `a` is not in `b`, as disjoint boxes. @param b lies inside `a`, as `meet` leaves it */
export function without(a: Region, b: Region, family: Family): Region[] {
  const pieces: Region[] = [];
  let inside = a;
  for (const dimension of DIMENSIONS) {
    const limit = b[dimension];
    if (limit === undefined) continue;
    const own = inside[dimension] ?? whole(dimension, family);
    const outside = subtract(own, limit);
    if (outside.length === 0) continue;
    pieces.push({ ...inside, [dimension]: outside });
    inside = { ...inside, [dimension]: limit };
  }
  return pieces;
}

export function contains(outer: Region, inner: Region, family: Family): boolean {
  return DIMENSIONS.every((dimension) => {
    const limit = outer[dimension];
    return limit === undefined || covers(limit, inner[dimension] ?? whole(dimension, family));
  });
}

/** Less than a hundredth of all addresses: 10.0.0.0/8, fc00::/7. */
export function isNarrow(addresses: IntervalSet | undefined): boolean {
  if (addresses === undefined) return false;
  let size = 0;
  for (let at = 0; at < addresses.length; at += 2) {
    const [from, to] = [addresses[at], addresses[at + 1]];
    size +=
      typeof from === 'bigint' && typeof to === 'bigint'
        ? Number(to - from) / 2 ** 128
        : (Number(to) - Number(from)) / 2 ** 32;
  }
  return size < 0.01;
}

export function oneOf(value: number): IntervalSet {
  return [value, value + 1];
}

/** `eth0`, or with the tool's sign for any rest `eth+`, `eth*`. */
export function interfaceNames(pattern: string, wildcard: '+' | '*'): IntervalSet {
  if (!pattern.endsWith(wildcard)) return [pattern, `${pattern}\0`];
  const start = pattern.slice(0, -1);
  if (start === '') return ALL_NAMES;
  const last = start.charCodeAt(start.length - 1);
  return [start, start.slice(0, -1) + String.fromCharCode(last + 1)];
}

/** `192.0.2.0/24`; undefined: of another family, or none. */
export function addressRange(text: string, family: Family): IntervalSet | undefined {
  const parsed = parseAddress(text);
  if (!parsed.ok || parsed.value.family !== family) return undefined;
  const { bytes, prefixLength } = parsed.value;
  if (family === 'ipv4') {
    const from = bytes.reduce((sum, byte) => sum * 256 + byte, 0);
    return [from, from + 2 ** (32 - prefixLength)];
  }
  let from = 0n;
  for (const byte of bytes) from = from * 256n + BigInt(byte);
  return [from, from + 2n ** BigInt(128 - prefixLength)];
}

/** From `first` to `last`, both included. */
export function addressSpan(first: string, last: string, family: Family): IntervalSet | undefined {
  const [from] = addressRange(first, family) ?? [];
  const [, to] = addressRange(last, family) ?? [];
  return from === undefined || to === undefined || from >= to ? undefined : [from, to];
}

/** The services of a protocol, or those of its ports. */
export function services(protocol: number, ports: IntervalSet = [0, PORTS]): IntervalSet {
  return ports.map((port) => protocol * PORTS + Number(port));
}

/** As the tools name protocols; numbers in other cases. */
export const PROTOCOLS: Readonly<Record<string, number>> = {
  ...{ icmp: 1, igmp: 2, ipencap: 4, ipv4: 4, tcp: 6, egp: 8, igp: 9, udp: 17, dccp: 33, ipv6: 41 },
  ...{ rsvp: 46, gre: 47, esp: 50, ah: 51, 'ipv6-icmp': 58, icmpv6: 58, eigrp: 88, ospf: 89 },
  ...{ ospfigp: 89, ipip: 94, pim: 103, comp: 108, ipcomp: 108, vrrp: 112, l2tp: 115, sctp: 132 },
  ...{ 'mobility-header': 135, mh: 135, udplite: 136 },
};
/** Those whose ports `th dport` and multiport can look at. */
export const PORT_PROTOCOLS: readonly number[] = [6, 17, 33, 132, 136];

export function protocolNumber(word: string): number | undefined {
  const number = /^\d+$/.test(word) ? Number(word) : PROTOCOLS[word.toLowerCase()];
  return number !== undefined && number < 256 ? number : undefined;
}
