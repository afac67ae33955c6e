import type { Family } from '@vallum/core';
import { unite, type IntervalSet } from './interval-set.js';
import { packetType } from './iptables-matches.js';
import { list, object } from './nft-json.js';
import {
  addressRange,
  addressSpan,
  interfaceNames,
  KINDS,
  oneOf,
  PORT_PROTOCOLS,
  protocolNumber,
  services,
  STATES,
  type Dimension,
} from './packet-space.js';

/** What an expression of nft looks at, in terms of the packet space. */
export interface Key {
  readonly dimension: Dimension;
  /** What it can be at all: `tcp dport` is of TCP only. */
  readonly within?: IntervalSet;
  /** One value, undefined where it is not understood. */
  readonly read: (value: unknown) => IntervalSet | undefined;
}

/** A key whose answer is the same for every packet of the family: `meta nfproto`. */
export interface Fixed {
  readonly fixed: readonly string[];
}

const ICMP: Readonly<Record<string, number>> = {
  ...{ 'echo-reply': 0, 'destination-unreachable': 3, 'source-quench': 4, redirect: 5 },
  ...{ 'echo-request': 8, 'router-advertisement': 9, 'router-solicitation': 10 },
  ...{ 'time-exceeded': 11, 'parameter-problem': 12, 'timestamp-request': 13 },
  ...{ 'timestamp-reply': 14, 'info-request': 15, 'info-reply': 16 },
  ...{ 'address-mask-request': 17, 'address-mask-reply': 18 },
};
const ICMPV6: Readonly<Record<string, number>> = {
  ...{ 'destination-unreachable': 1, 'packet-too-big': 2, 'time-exceeded': 3 },
  ...{ 'parameter-problem': 4, 'echo-request': 128, 'echo-reply': 129, 'mld-listener-query': 130 },
  ...{ 'mld-listener-report': 131, 'mld-listener-done': 132, 'mld-listener-reduction': 132 },
  ...{ 'nd-router-solicit': 133, 'nd-router-advert': 134, 'nd-neighbor-solicit': 135 },
  ...{ 'nd-neighbor-advert': 136, 'nd-redirect': 137, 'router-renumbering': 138 },
  ...{ 'ind-neighbor-solicit': 141, 'ind-neighbor-advert': 142, 'mld2-listener-report': 143 },
};

/** @param left an expression: `{"payload": {"protocol": "tcp", "field": "dport"}}` */
export function keyOf(left: unknown, family: Family): Key | Fixed | undefined {
  const { payload, meta, ct, fib } = object(left);
  if (payload !== undefined) return payloadKey(object(payload), family);
  if (meta !== undefined) return metaKey(String(object(meta)['key']), family);
  if (fib !== undefined) return fibKey(object(fib));
  const about = String(object(ct)['key']);
  switch (ct === undefined ? '' : about) {
    case 'state':
      return { dimension: 'ct', read: ctState };
    case 'status':
      return { dimension: 'ct', read: (value) => (value === 'dnat' ? TRANSLATED : undefined) };
    case 'direction':
      return { fixed: ['original'] };
    default:
      return undefined;
  }
}

const TRANSLATED: IntervalSet = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

function payloadKey(
  { protocol, field }: { readonly protocol?: unknown; readonly field?: unknown },
  family: Family,
): Key | Fixed | undefined {
  const header = family === 'ipv4' ? 'ip' : 'ip6';
  const named = `${String(protocol)} ${String(field)}`;
  switch (named) {
    case `${header} saddr`:
      return { dimension: 'src', read: (value) => addresses(value, family) };
    case `${header} daddr`:
      return { dimension: 'dst', read: (value) => addresses(value, family) };
    case 'ip protocol':
    case 'ip6 nexthdr':
      return named.startsWith(`${header} `)
        ? { dimension: 'service', read: protocols }
        : { fixed: [] };
    case 'ip version':
      return { fixed: family === 'ipv4' ? ['4'] : [] };
    case 'ip6 version':
      return { fixed: family === 'ipv6' ? ['6'] : [] };
    case 'ether type':
      return { fixed: [header] };
    case 'icmp type':
      return family === 'ipv4' ? icmpKey(1, ICMP) : { fixed: [] };
    case 'icmpv6 type':
      return family === 'ipv6' ? icmpKey(58, ICMPV6) : { fixed: [] };
  }
  // A header of the other family: no packet of this one has it.
  if (/^(ip6?|arp) /.test(named) && !named.startsWith(`${header} `)) return { fixed: [] };
  if (field !== 'dport' && field !== 'sport') return undefined;
  const number = protocol === 'th' ? undefined : protocolNumber(String(protocol));
  const of = number === undefined ? PORT_PROTOCOLS : [number];
  if (protocol !== 'th' && number === undefined) return undefined;
  const within = unite(of.map((one) => services(one)));
  return field === 'dport'
    ? {
        dimension: 'service',
        within,
        read: (value) => {
          const found = portRange(value);
          return found && unite(of.map((one) => services(one, found)));
        },
      }
    : { dimension: 'sport', within, read: portRange };
}

function metaKey(key: string, family: Family): Key | Fixed | undefined {
  switch (key) {
    case 'iif':
    case 'iifname':
      return { dimension: 'iif', read: names };
    case 'oif':
    case 'oifname':
      return { dimension: 'oif', read: names };
    case 'l4proto':
      return { dimension: 'service', read: protocols };
    case 'pkttype':
      return { dimension: 'kind', read: (value) => packetType(String(value)) };
    case 'nfproto':
      return { fixed: [family] };
    case 'protocol':
      return { fixed: [family === 'ipv4' ? 'ip' : 'ip6'] };
    default:
      return undefined;
  }
}

function fibKey(fib: Readonly<Record<string, unknown>>): Key | Fixed | undefined {
  const about = list(fib['flags']);
  if (fib['result'] === 'type' && about.includes('daddr')) {
    const read = (value: unknown) => {
      const kind = { ...KINDS, unicast: KINDS.other }[String(value)];
      return kind === undefined ? undefined : oneOf(kind);
    };
    return { dimension: 'kind', read };
  }
  // A stranger's address is none of this machine's, and an answer to it finds a way.
  if (fib['result'] === 'type' && about.includes('saddr')) return { fixed: ['unicast'] };
  return about.includes('saddr') ? { fixed: ['true'] } : undefined;
}

function icmpKey(protocol: number, types: Readonly<Record<string, number>>): Key {
  return {
    dimension: 'service',
    within: services(protocol),
    read: (value) => {
      const type = typeof value === 'number' ? value : types[String(value)];
      return type === undefined ? undefined : services(protocol, [type * 256, type * 256 + 256]);
    },
  };
}

function ctState(value: unknown): IntervalSet | undefined {
  const state = STATES[String(value) as keyof typeof STATES] as number | undefined;
  return state === undefined ? undefined : [state * 2, state * 2 + 2];
}

function names(value: unknown): IntervalSet | undefined {
  return typeof value === 'string' ? interfaceNames(value, '*') : undefined;
}

function protocols(value: unknown): IntervalSet | undefined {
  const range = object(value)['range'];
  if (range !== undefined) {
    const [from, to] = list(range).map((word) => protocolNumber(String(word)));
    return from === undefined || to === undefined
      ? undefined
      : [services(from)[0] ?? 0, services(to)[1] ?? 0];
  }
  const number = protocolNumber(String(value));
  return number === undefined ? undefined : services(number);
}

/** `"192.0.2.1"`, `{"prefix": {"addr": "192.0.2.0", "len": 24}}`, `{"range": [from, to]}` */
export function addresses(value: unknown, family: Family): IntervalSet | undefined {
  if (typeof value === 'string') return addressRange(value, family);
  const { prefix, range } = object(value);
  if (prefix !== undefined) {
    const { addr, len } = object(prefix);
    return addressRange(`${String(addr)}/${String(len)}`, family);
  }
  const [first, last] = list(range);
  return addressSpan(String(first), String(last), family);
}

export function portRange(value: unknown): IntervalSet | undefined {
  if (typeof value === 'number') return oneOf(value);
  const [from, to] = list(object(value)['range']);
  return typeof from === 'number' && typeof to === 'number' ? [from, to + 1] : undefined;
}
