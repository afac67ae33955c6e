import type { Family } from '@vallum/core';
import type { IntervalSet } from './interval-set.js';
import { KINDS, meet, oneOf, services, STATES, type Region } from './packet-space.js';
import type { Case, Change, Condition, RuleTable, SetReference, Verdict } from './ruleset.js';

/** The set whose addresses are banned, and where it is. */
export interface Target {
  readonly set: string;
  readonly kind: RuleTable['sets'];
  readonly family: Family;
  /** The nftables table that holds it, `inet vallum`: elsewhere the name means another set. */
  readonly home?: string;
}

/** A rule, and where it stands. */
export interface Place {
  /** `iptables-nft filter INPUT` */
  readonly where: string;
  readonly text: string;
  /** With nftables: what to call it when it is deleted. */
  readonly handle?: string;
}

export interface Exception {
  readonly by: Place;
  /** What the rule asks for: all that it lets past, whatever of it was left to get there. */
  readonly region: Region;
}

/** Packets from banned addresses that were treated alike so far. */
export interface Packets {
  readonly region: Region;
  /** undefined: not known */
  readonly mark: number | undefined;
  readonly connectionMark: number | undefined;
  /** A rule that may have taken them away, and of which it cannot be told. */
  readonly doubt?: Place;
  /** Another set of addresses in which the sender has to be as well. */
  readonly friends?: { readonly set: string; readonly by: Place };
  /** The last rule that let them through. */
  readonly by?: Place;
  /** The rule of the administrator's, among ours, that let them past the bans. */
  readonly exception?: Exception;
  /** What they asked for, where something else gets them. */
  readonly asked?: Region;
}

export interface Context {
  readonly target: Target;
  /** Bridged packets pass the rules. */
  readonly bridged: boolean;
  /** Addresses of this machine. */
  readonly local: IntervalSet | undefined;
}

export interface Match {
  readonly packets: Packets;
  /** All of `packets.region` matches: false where it is chance, or not known. */
  readonly certain: boolean;
  readonly opaque: boolean;
  /** Being in the set is a condition. */
  readonly ours: boolean;
}

/** Whether a rule of this table can name the target. */
export function namesTarget(
  { sets, home }: RuleTable,
  reference: SetReference,
  target: Target,
): boolean {
  return (
    sets === target.kind &&
    reference.set === target.set &&
    (sets === 'ipset' || target.home === undefined || home === target.home)
  );
}

/** @returns undefined where none of them match */
export function match(
  packets: Packets,
  condition: Condition,
  table: RuleTable,
  place: () => Place,
  context: Context,
): Match | undefined {
  const region = meet(packets.region, condition.region);
  if (region === undefined) return undefined;
  if (condition.bridged && !context.bridged) return undefined;
  let { opaque } = condition;
  let { friends } = packets;
  let certain = !condition.sometimes && !condition.bridged;
  let ours = false;
  for (const reference of condition.sets) {
    const { source, negated, plain, set } = reference;
    if (namesTarget(table, reference, context.target)) {
      ours ||= source && !negated;
      if (!plain) opaque = true;
      // The sender is in the set. Of those whom this machine protects, itself first, nobody is.
      else if (source === negated) return undefined;
    } else if (!source) {
      opaque = true;
    } else {
      certain = false;
      if (!negated) friends = { set, by: place() };
    }
  }
  for (const test of condition.marks) {
    const mark = test.of === 'packet' ? packets.mark : packets.connectionMark;
    if (mark === undefined) opaque = true;
    else {
      const held = (mark & test.mask) >>> 0;
      if (test.values.includes(held) === test.negated) return undefined;
    }
  }
  if (opaque) certain = false;
  const doubt = packets.doubt ?? (opaque ? place() : undefined);
  const same = region === packets.region && friends === packets.friends && doubt === packets.doubt;
  return {
    packets: same
      ? packets
      : { ...packets, region, ...(doubt && { doubt }), ...(friends && { friends }) },
    ...{ certain, opaque, ours },
  };
}

/** What a rule makes of packets that go on. */
export function change(packets: Packets, { changes }: Case): Packets {
  return changes.reduce(changeOnce, packets);
}

function changeOnce(packets: Packets, step: Change): Packets {
  const { mark, connectionMark, region } = packets;
  switch (step.kind) {
    case 'untrack': {
      const ct: IntervalSet = [STATES.untracked * 2, STATES.untracked * 2 + 1];
      return { ...packets, region: { ...region, ct } };
    }
    case 'mark-lost':
      return step.of === 'packet'
        ? { ...packets, mark: undefined }
        : { ...packets, connectionMark: undefined };
    case 'mark': {
      const before = step.of === 'packet' ? mark : connectionMark;
      const known = step.and === 0 ? 0 : before;
      const after = known === undefined ? undefined : ((known & step.and) ^ step.xor) >>> 0;
      return step.of === 'packet'
        ? { ...packets, mark: after }
        : { ...packets, connectionMark: after };
    }
    case 'save': {
      const after = moved(connectionMark, step.connectionMask, mark, step.packetMask);
      return { ...packets, connectionMark: after };
    }
    case 'restore':
      return {
        ...packets,
        mark: moved(mark, step.packetMask, connectionMark, step.connectionMask),
      };
  }
}

function moved(
  to: number | undefined,
  toMask: number,
  from: number | undefined,
  fromMask: number,
): number | undefined {
  if (to === undefined || from === undefined) return undefined;
  return ((to & ~toMask) ^ (from & fromMask)) >>> 0;
}

/** The first packet of a connection that is sent on to another address or port. */
export function translate(
  packets: Packets,
  verdict: Extract<Verdict, { kind: 'dnat' }>,
  { local }: Context,
): Packets[] {
  const { region } = packets;
  const { dst: _, ...rest } = region;
  const service = portsOf(region.service, verdict.ports);
  const base = { ...packets, asked: packets.asked ?? region };
  const to = (kind: number, dst: IntervalSet | undefined): Packets => ({
    ...base,
    region: {
      ...rest,
      ...(dst && { dst }),
      ...(service && { service }),
      kind: oneOf(kind),
      ct: [STATES.new * 2 + 1, STATES.new * 2 + 2],
    },
  });
  if (verdict.redirect) return [to(KINDS.local, local)];
  const { dst } = verdict;
  if (dst === undefined || local === undefined) {
    return [to(KINDS.other, dst), ...(dst === undefined ? [to(KINDS.local, local)] : [])];
  }
  const mine = meet({ dst }, { dst: local });
  return mine === undefined ? [to(KINDS.other, dst)] : [to(KINDS.local, mine.dst)];
}

/** The same protocols with other ports. */
function portsOf(
  service: IntervalSet | undefined,
  ports: IntervalSet | 'unknown' | undefined,
): IntervalSet | undefined {
  if (ports === undefined || service === undefined) return service;
  const protocols = new Set<number>();
  for (let at = 0; at < service.length; at += 2) {
    const from = Math.floor(Number(service[at]) / 65536);
    const to = Math.ceil(Number(service[at + 1]) / 65536);
    // A rule that changes ports names its protocols.
    for (let protocol = from; protocol < to; protocol += 1) protocols.add(protocol);
  }
  return [...protocols]
    .sort((a, b) => a - b)
    .flatMap((protocol) => services(protocol, ports === 'unknown' ? undefined : ports));
}
