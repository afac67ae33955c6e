import { escapeForDisplay, type Family } from '@vallum/core';
import type { HostFacts } from './host-facts.js';
import { covers, equal, intersect, subtract, unite, type IntervalSet } from './interval-set.js';
import type { Place } from './match-packets.js';
import { ALL_NAMES, ALL_SERVICES, isNarrow, PROTOCOLS, services } from './packet-space.js';
import { beginnings, localAddresses, presentInterfaces, type Opening } from './ways-in.js';

/** More than that is counted. */
const MOST_NAMED = 8;
const MOST_OPENINGS = 5;
const LONGEST_RULE = 300;

/** `tcp 80, 443 on any interface (let in by iptables filter INPUT: -A INPUT …); forwarded: …` */
export function describeOpenings(
  openings: readonly Opening[],
  family: Family,
  host: HostFacts | undefined,
): string {
  const groups = new Map<string, Opening[]>();
  for (const opening of openings) {
    const { by, doubt, friends, region } = opening.packets;
    const alike = [opening.way, by, doubt, friends, region.iif, region.oif, String(region.src)];
    const key = JSON.stringify(alike);
    groups.set(key, [...(groups.get(key) ?? []), opening]);
  }
  const texts = [...groups.values()].map((group) => describeGroup(group, family, host));
  return listed(texts, MOST_OPENINGS, '; ');
}

function describeGroup(
  group: readonly Opening[],
  family: Family,
  host: HostFacts | undefined,
): string {
  const [first] = group;
  if (!first) return '';
  const { way, packets } = first;
  const { region, by, doubt, friends } = packets;
  const asked = unite(
    group.map(({ packets: one }) => (one.asked ?? one.region).service ?? ALL_SERVICES),
  );
  const words = [
    ...(way === 'forward' ? ['forwarded:'] : []),
    describeServices(asked, family),
    describeInterfaces(region.iif, host),
    ...(region.oif ? [`towards ${names(region.oif, host)}`] : []),
    ...describeTargets(group, family, host),
    ...(region.sport ? [`from port ${ranges(region.sport, String)}`] : []),
    ...(region.src ? [`from ${describeAddresses(region.src, family)}`] : []),
    ...(friends === undefined ? [] : [`from addresses in set ${escapeForDisplay(friends.set)}`]),
  ];
  const rule = doubt ?? by;
  if (!rule) return words.join(' ');
  return `${words.join(' ')} (${doubt ? 'depends on' : 'let in by'} ${describePlace(rule)})`;
}

export function describePlace({ where, text }: Place): string {
  return escapeForDisplay(`${where}: ${text}`, LONGEST_RULE);
}

/** Where one address or port is meant, and not any of this machine's. */
function describeTargets(
  group: readonly Opening[],
  family: Family,
  host: HostFacts | undefined,
): string[] {
  if (group.some(({ packets }) => packets.region.dst === undefined)) return [];
  const dst = unite(group.map(({ packets }) => packets.region.dst ?? []));
  const local = host && localAddresses(host, family);
  // Its own addresses need no mention, nor all the others.
  if ((local && covers(dst, local)) || !isNarrow(dst)) return [];
  const changed = group.some(({ packets }) => packets.asked !== undefined);
  const service = unite(group.map(({ packets }) => packets.region.service ?? ALL_SERVICES));
  const ports = changed ? ` ${describeServices(service, family)}` : '';
  return [`to ${describeAddresses(dst, family)}${ports}`];
}

export function describeServices(service: IntervalSet, family: Family): string {
  const all = beginnings(family);
  if (covers(service, all)) return 'every protocol and port';
  const whole: string[] = [];
  const parts: string[] = [];
  let others = 0;
  for (const protocol of protocolsIn(service)) {
    const most = intersect(services(protocol), all);
    const here = intersect(service, most);
    if (here.length === 0) continue;
    const name = NAMES[protocol];
    if (equal(here, most)) {
      if (name === undefined) others += 1;
      else whole.push(name);
    } else if (protocol === 1 || protocol === 58) {
      parts.push(`${name ?? 'icmp'} type ${ranges(here, (at) => String((at >> 8) & 255), 256)}`);
    } else {
      parts.push(
        `${name ?? `protocol ${String(protocol)}`} ${ranges(here, (at) => String(at & 65535))}`,
      );
    }
  }
  const rest = others > 3 ? ['other protocols'] : others > 0 ? ['another protocol'] : [];
  return [...parts, ...whole.map(allOf), ...rest].join(', ');
}

function allOf(name: string): string {
  return /^(tcp|udp)$/.test(name) ? `all of ${name}` : name;
}

function protocolsIn(service: IntervalSet): number[] {
  const found = new Set<number>();
  for (let at = 0; at < service.length; at += 2) {
    const last = Math.floor((Number(service[at + 1]) - 1) / 65536);
    for (let one = Math.floor(Number(service[at]) / 65536); one <= last; one += 1) found.add(one);
  }
  return [...found];
}

const NAMES: Readonly<Record<number, string>> = Object.fromEntries<string>(
  [
    'tcp',
    'udp',
    'icmp',
    'icmpv6',
    'sctp',
    'dccp',
    'udplite',
    'igmp',
    'gre',
    'esp',
    'ah',
    'vrrp',
  ].map((name) => [String(PROTOCOLS[name]), name] as const),
);

/** `22, 80, 1000-2000` */
function ranges(set: IntervalSet, write: (at: number) => string, step = 1): string {
  const texts: string[] = [];
  for (let at = 0; at < set.length; at += 2) {
    const [from, last] = [Number(set[at]), Number(set[at + 1]) - step];
    texts.push(last > from ? `${write(from)}-${write(last)}` : write(from));
  }
  return listed(texts, MOST_NAMED, ', ');
}

function listed(texts: readonly string[], most: number, separator: string): string {
  if (texts.length <= most) return texts.join(separator);
  return `${texts.slice(0, most).join(separator)}${separator}and ${String(texts.length - most)} more`;
}

function describeInterfaces(iif: IntervalSet | undefined, host: HostFacts | undefined): string {
  const present = host && presentInterfaces(host);
  const all = present ?? subtract(ALL_NAMES, ['lo', 'lo\0']);
  return iif === undefined || covers(iif, all) ? 'on any interface' : `on ${names(iif, host)}`;
}

/** Those that are there; where none is, as the rules say it. */
function names(interfaces: IntervalSet, host: HostFacts | undefined): string {
  const there = (host?.interfaces ?? []).filter((name) => covers(interfaces, [name, `${name}\0`]));
  if (there.length > 0)
    return listed(
      there.map((name) => escapeForDisplay(name)),
      MOST_NAMED,
      ', ',
    );
  const texts: string[] = [];
  for (let at = 0; at < interfaces.length; at += 2) {
    const [from, to] = [String(interfaces[at]), String(interfaces[at + 1])];
    if (to === `${from}\0`) texts.push(from);
    else if (to.slice(0, -1) === from.slice(0, -1)) texts.push(`${from}*`);
    else return 'some interfaces';
  }
  return listed(
    texts.map((name) => escapeForDisplay(name)),
    MOST_NAMED,
    ', ',
  );
}

export function describeAddresses(addresses: IntervalSet, family: Family): string {
  const texts: string[] = [];
  for (let at = 0; at < addresses.length; at += 2) {
    const from = BigInt(addresses[at] ?? 0);
    const size = BigInt(addresses[at + 1] ?? 0) - from;
    const width = family === 'ipv4' ? 32 : 128;
    const bits = size.toString(2).length - 1;
    const aligned = size === 1n << BigInt(bits) && from % size === 0n;
    const first = address(from, family);
    if (size === 1n) texts.push(first);
    else if (aligned) texts.push(`${first}/${String(width - bits)}`);
    else texts.push(`${first}-${address(from + size - 1n, family)}`);
  }
  return listed(texts, MOST_NAMED, ', ');
}

function address(value: bigint, family: Family): string {
  const group = family === 'ipv4' ? 8n : 16n;
  const count = family === 'ipv4' ? 4 : 8;
  const parts = Array.from({ length: count }, (_, index) => {
    const part = (value >> (group * BigInt(count - 1 - index))) & ((1n << group) - 1n);
    return family === 'ipv4' ? part.toString() : part.toString(16);
  });
  if (family === 'ipv4') return parts.join('.');
  return parts.join(':').replace(/(^|:)0(:0)+(:|$)/, '::');
}
