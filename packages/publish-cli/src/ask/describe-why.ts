import { escapeForDisplay } from '@vallum/core';
import { describeTimeQuickly, type ReplyBan, type ReplyLease } from '@vallum/core/protocol';
import { alignColumns } from '@vallum/options';
import { asideLines } from './describe-confirmation.js';
import { listNames } from './fleet-view.js';
import type { WhyFacts, WhyNode } from './gather-why.js';

const MOST_TEXT = 300;

/** How the nodes stand to each other. */
export type Agreement = 'agree' | 'disagree' | 'hold-different-bans';

/** Nodes that only remember have no part in it. */
export function compareNodes(nodes: readonly WhyNode[]): Agreement {
  const enforcing = nodes.filter(({ enforces }) => enforces);
  if (new Set(enforcing.map(({ blocked }) => blocked)).size > 1) return 'disagree';
  const held = new Set(enforcing.map(({ bans }) => JSON.stringify(bans.map(signature).sort())));
  return held.size > 1 ? 'hold-different-bans' : 'agree';
}

function signature({ set, address, leases }: ReplyBan): string {
  const claims = leases.map(({ kind, origin, until }) => `${kind} ${origin} ${String(until)}`);
  return [set, address, ...claims.sort()].join('\n');
}

/**
 *     203.0.113.7 is blocked on 2 of 3 firewalls: they do not agree
 *     node  state      ban          who        until                    why
 *     fw1   blocked    203.0.113.7  web1.sshd  2026-11-26 09:00:05 UTC  ssh, again
 *     fw2   protected  203.0.113.7  web1.sshd  2026-11-26 09:00:05 UTC  ssh, again
 *     fw2: 203.0.113.0/24 cannot be banned there: protect list
 *
 * @param now Unix seconds
 */
export function describeWhy(address: string, facts: WhyFacts, now: number): string[] {
  const { nodes, missing, down, knownBy } = facts;
  const rows = nodes.flatMap((node) => rowsOf(node, address, now));
  const remembering = nodes.filter(({ enforces }) => !enforces).map(({ node }) => node);
  return [
    verdict(address, nodes),
    ...alignColumns([['node', 'state', 'ban', 'who', 'until', 'why'], ...rows]),
    ...nodes.flatMap(remarksOf),
    ...(missing.length === 0
      ? []
      : [`no answer: ${listNames(missing, shown)} (up, by their statuses)`]),
    ...asideLines(down, remembering),
    ...(knownBy === 'statuses'
      ? []
      : ['the broker shows no statuses (vallumd/+): there may be firewalls that did not answer']),
  ];
}

function verdict(address: string, nodes: readonly WhyNode[]): string {
  const enforcing = nodes.filter(({ enforces }) => enforces);
  const blocked = enforcing.filter((node) => node.blocked).length;
  const all = `${enforcing.length.toString()} ${enforcing.length === 1 ? 'firewall' : 'firewalls'}`;
  const where =
    enforcing.length === 0
      ? 'not known to be blocked: only nodes without kernel sets have answered'
      : blocked === 0
        ? `not blocked on any of ${all}`
        : `blocked on ${blocked.toString()} of ${all}`;
  const agreement = {
    agree: '',
    disagree: ': they do not agree',
    'hold-different-bans': ', which do not all hold the same bans',
  }[compareNodes(nodes)];
  return `${address} is ${where}${agreement}`;
}

/** One row a lease; one for a node that knows of none. */
function rowsOf(node: WhyNode, address: string, now: number): string[][] {
  const rows = node.bans.flatMap((ban) => {
    const live = ban.leases.filter((lease) => isLive(lease, now));
    const name = ban.address === address ? address : shown(ban.address);
    const leases = live.length > 0 ? live : ban.leases.slice(0, 1);
    return leases.length === 0
      ? [[stateOf(ban), name]]
      : leases.map((lease) => [stateOf(ban), name, ...leaseCells(lease)]);
  });
  if (rows.length === 0) rows.push([node.protected === undefined ? 'unknown' : 'protected']);
  return rows.map((row, at) => [at === 0 ? shown(node.node) : '', ...row]);
}

/** What does not fit into columns: why it is not blocked, and what else there is to say. */
function remarksOf(node: WhyNode): string[] {
  const guard = node.protected;
  const remarks = [
    ...(node.isDoubtful ? ['two answers that differ came in its name; this is the first'] : []),
    ...(guard === undefined
      ? []
      : [`${text(guard.address)} cannot be banned there: ${text(guard.because)}`]),
    ...node.bans.flatMap(({ address, state, code, detail }) =>
      (state === 'refused' && (guard === undefined || code !== 'protected')) || state === 'pending'
        ? [`${text(address)} is ${state}: ${text(detail ?? code ?? 'it does not say why')}`]
        : [],
    ),
    ...(node.more > 0 ? [`it knows of ${node.more.toString()} more bans`] : []),
  ];
  return remarks.map((remark) => `${shown(node.node)}: ${remark}`);
}

function stateOf({ state, code }: ReplyBan): string {
  switch (state) {
    case 'enforced':
    case 'held-by-other':
      return 'blocked';
    case 'over':
      return 'over';
    case 'pending':
      return 'pending';
    case 'refused':
      return code === undefined ? 'refused' : shown(code);
  }
}

function text(foreign: string): string {
  return escapeForDisplay(foreign, MOST_TEXT);
}

function leaseCells({ kind, origin, until, reason, stampMs }: ReplyLease): string[] {
  const who = origin === '' ? '(anonymous)' : shown(origin);
  if (kind !== 'lease') return [who, `lifted ${describeTimeQuickly(Math.floor(stampMs / 1000))}`];
  return [who, sayUntil(until), reason === undefined ? '' : text(reason)];
}

function sayUntil(until: ReplyLease['until']): string {
  if (typeof until === 'number') return describeTimeQuickly(until);
  return until === 'never' ? 'for ever' : 'as the set says';
}

function isLive({ kind, until }: ReplyLease, now: number): boolean {
  return kind === 'lease' && (typeof until !== 'number' || until > now);
}

function shown(name: string): string {
  return escapeForDisplay(name, 128);
}
