import type { Family } from '@vallum/core';
import { intersect, type IntervalSet } from '../../src/firewall/interval-set.js';
import { addressRange, oneOf } from '../../src/firewall/packet-space.js';
import type { Opening } from '../../src/firewall/ways-in.js';
import { LINKS, NETWORKS, PORTS, type Link, type Probe } from './lab.js';

/** A packet to be sent, and what it is in terms of rules. */
export interface Planned extends Probe {
  readonly family: Family;
  readonly iif: Link;
  /** undefined: for the firewall itself. */
  readonly oif: Link | undefined;
  readonly prober: 'outside' | 'lan';
}

/** Those whose addresses are banned. */
export const BANNED: readonly Link[] = ['eth0', 'eth1', 'lan0'];
/** What is asked of those behind the firewall. */
const INNER_PORTS = [22, 80, 443, 6443, 8080];

export const BANNED_ADDRESSES: Readonly<Record<Family, readonly string[]>> = {
  ipv4: BANNED.map((link) => `${NETWORKS[link].v4}2`),
  ipv6: BANNED.map((link) => `${NETWORKS[link].v6}2`),
};

/** Every banned address to every port of the firewall and, from outside, of those behind it. */
export function planProbes(forward: boolean): Planned[] {
  const planned: Omit<Planned, 'id'>[] = [];
  for (const family of ['ipv4', 'ipv6'] as const) {
    const address = (link: Link, end: number) =>
      `${NETWORKS[link][family === 'ipv4' ? 'v4' : 'v6']}${String(end)}`;
    for (const iif of BANNED) {
      const from = address(iif, 2);
      const prober = iif === 'lan0' ? ('lan' as const) : ('outside' as const);
      const base = { family, iif, from, prober };
      for (const protocol of ['tcp', 'udp'] as const) {
        for (const port of PORTS) {
          planned.push({ ...base, protocol, port, to: address(iif, 1), oif: undefined });
        }
        // Ports that a client takes when a rule looks at them.
        if (protocol === 'udp') {
          planned.push({
            ...base,
            protocol,
            port: 68,
            fromPort: 67,
            to: address(iif, 1),
            oif: undefined,
          });
        }
        for (const oif of forward ? beyond(iif) : []) {
          for (const port of INNER_PORTS) {
            planned.push({ ...base, protocol, port, to: address(oif, 2), oif });
          }
        }
      }
    }
  }
  return planned.map((probe, id) => ({ ...probe, id }));
}

/** From outside to outside nothing is sent: one host stands at both ends. */
function beyond(iif: Link): readonly Link[] {
  return LINKS.filter((link) => link !== iif && (iif === 'lan0' || !link.startsWith('eth')));
}

/** Whether what doctor found open lets this one in. */
export function isCovered(probe: Planned, openings: readonly Opening[]): boolean {
  const { family, iif, oif, protocol, port, from, to, fromPort } = probe;
  const service = oneOf((protocol === 'tcp' ? 6 : 17) * 65536 + port);
  const holds = (set: IntervalSet | undefined, point: IntervalSet | undefined) =>
    set === undefined || (point !== undefined && intersect(set, point).length > 0);
  const name = (link: Link): IntervalSet => [link, `${link}\0`];
  return openings.some(({ way, packets: { region, asked } }) => {
    // A published port is asked for at the firewall, and found behind it.
    const first = asked ?? region;
    if (asked === undefined && (way === 'forward') !== (oif !== undefined)) return false;
    return (
      holds(first.service, service) &&
      holds(first.dst, addressRange(to, family)) &&
      holds(region.iif, name(iif)) &&
      holds(region.src, addressRange(from, family)) &&
      // Any port may be chosen; where it was not, it is not one of the well-known.
      holds(region.sport, fromPort === undefined ? [32768, 65536] : oneOf(fromPort)) &&
      (oif === undefined || asked !== undefined || holds(region.oif, name(oif))) &&
      // What is asked of the firewall itself is not sent on untranslated.
      !(asked !== undefined && oif === undefined && Number(first.kind?.[0] ?? 0) > 0)
    );
  });
}
