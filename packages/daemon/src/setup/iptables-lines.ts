import type { Family } from '@vallum/core';
import { RULE_AND_SET_MARK, RULE_MARK } from '@vallum/core/backend';
import { splitWords } from '../firewall/split-words.js';
import type { Wanted } from './wanted.js';

/** The chain that setup makes; rules in it without its mark are the administrator's. */
export const CHAIN = 'VALLUM';
/** Docker keeps it in front of its own rules, whatever it puts at the top of FORWARD. */
export const DOCKER_CHAIN = 'DOCKER-USER';

export const COMMANDS: Readonly<Record<Family, string>> = { ipv4: 'iptables', ipv6: 'ip6tables' };
export const SAVE: Readonly<Record<Family, string>> = {
  ipv4: 'iptables-save',
  ipv6: 'ip6tables-save',
};
export const RESTORE: Readonly<Record<Family, string>> = {
  ipv4: 'iptables-restore',
  ipv6: 'ip6tables-restore',
};

/** A rule as iptables-save prints it, behind `-A`: what is there can be compared with what should be. */
export function dropRule(set: string, madeSet: boolean): string {
  const mark = madeSet ? RULE_AND_SET_MARK : RULE_MARK;
  return `${CHAIN} -m set --match-set ${set} src -m comment --comment ${mark} -j DROP`;
}

/** Connections that are there go back to the administrator's own rules. */
export const ESTABLISHED_RULE = `${CHAIN} -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment ${RULE_MARK} -j RETURN`;

/** @param chain `INPUT` */
export function jumpRule(chain: string): string {
  return `${chain} -m comment --comment ${RULE_MARK} -j ${CHAIN}`;
}

/** Where packets are sent to the chain from. */
function jumpChains(hooks: Wanted['hooks'], chains: ReadonlySet<string>): string[] {
  return hooks.flatMap((hook) => [
    hook.toUpperCase(),
    ...(hook === 'forward' && chains.has(DOCKER_CHAIN) ? [DOCKER_CHAIN] : []),
  ]);
}

/** The table `filter` in a text of iptables-save: rules without `-A`, in one way of quoting. */
function filterOf(save: string): { chains: ReadonlySet<string>; rules: string[] } {
  const filter = /^\*filter$([^]*?)^COMMIT$/m.exec(save)?.[1] ?? '';
  const rules = filter
    .split('\n')
    .filter((line) => line.startsWith('-A '))
    .map((line) => splitWords(line.slice(3)).join(' '));
  return {
    chains: new Set([...filter.matchAll(/^:(\S+) /gm)].map(([, name = '']) => name)),
    rules,
  };
}

/**
 * What iptables-restore --noflush has to be told so that everything wanted is there, and in front:
 * whoever reloads puts his own rules first.
 *
 * @param save what iptables-save printed
 * @param made the sets that setup creates now
 * @returns its input, undefined where nothing is missing, and what it does as arguments of iptables
 */
export function planRules(
  wanted: Wanted,
  family: Family,
  save: string,
  made: ReadonlySet<string>,
): { input: string | undefined; changed: string[] } {
  const { chains, rules } = filterOf(save);
  const inside = rules.filter((rule) => rule.startsWith(`${CHAIN} `));
  const drops = wanted.sets
    .filter((set) => set.family === family)
    .filter(({ set }) => ![true, false].some((by) => rules.includes(dropRule(set, by))))
    .map(({ set }) => `-A ${dropRule(set, made.has(set))}`);
  const at = inside.indexOf(ESTABLISHED_RULE);
  const firstDrop = inside.findIndex((rule) => setOf(rule) !== undefined);
  const isBehind = at >= 0 && firstDrop >= 0 && at > firstDrop;
  const established = [
    ...(at >= 0 && (isBehind || !wanted.allowEstablished) ? [`-D ${ESTABLISHED_RULE}`] : []),
    ...(wanted.allowEstablished && (at < 0 || isBehind) ? [`-I ${ESTABLISHED_RULE}`] : []),
  ];
  const jumps = jumpChains(wanted.hooks, chains).flatMap((chain) => {
    const rule = jumpRule(chain);
    const place = rules.filter((other) => other.startsWith(`${chain} `)).indexOf(rule);
    return place === 0 ? [] : [...(place > 0 ? [`-D ${rule}`] : []), `-I ${rule}`];
  });
  const rest = [...drops, ...established, ...jumps];
  // To declare a chain that is there would empty it.
  const isNew = !chains.has(CHAIN);
  return {
    input: restoreInput([...(isNew ? [`:${CHAIN} - [0:0]`] : []), ...rest]),
    changed: [...(isNew ? [`-N ${CHAIN}`] : []), ...rest],
  };
}

/**
 * What iptables-restore --noflush has to be told so that nothing of setup's is left. The chain, and
 * the way to it, stay while it holds rules of somebody else.
 */
export function planRemoval(save: string): {
  input: string | undefined;
  removed: string[];
  /** Sets that setup made, of this family. */
  sets: string[];
  /** Sets that it found there. */
  found: string[];
  /** Rules in the chain that are not setup's. */
  foreign: number;
  /** Rules elsewhere that send packets to the chain, and are not setup's. */
  ways: number;
} {
  const { chains, rules } = filterOf(save);
  const inside = rules.filter((rule) => rule.startsWith(`${CHAIN} `));
  const drops = inside.filter((rule) => rule === ESTABLISHED_RULE || setOf(rule) !== undefined);
  const foreign = inside.length - drops.length;
  const own = new Set(['INPUT', 'FORWARD', DOCKER_CHAIN].map(jumpRule));
  const ways = rules.filter((rule) => WAY.test(rule) && !own.has(rule)).length;
  const jumps = foreign > 0 ? [] : rules.filter((rule) => own.has(rule));
  const removed = [
    ...[...jumps, ...drops].map((rule) => `-D ${rule}`),
    ...(chains.has(CHAIN) && foreign + ways === 0 ? [`-X ${CHAIN}`] : []),
  ];
  const sets = drops.flatMap((rule) => setOf(rule) ?? []);
  return {
    ...{ input: restoreInput(removed), removed, foreign, ways },
    sets: sets.filter(({ made }) => made).map(({ name }) => name),
    found: sets.filter(({ made }) => !made).map(({ name }) => name),
  };
}

/** A chain that rules send packets to cannot be deleted. */
const WAY = new RegExp(` -[jg] ${CHAIN}$`);

/** The set of a rule that setup made. */
function setOf(rule: string): { name: string; made: boolean } | undefined {
  const name = /--match-set (\S+) src /.exec(rule)?.[1] ?? '';
  const made = rule === dropRule(name, true);
  return made || rule === dropRule(name, false) ? { name, made } : undefined;
}

function restoreInput(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : ['*filter', ...lines, 'COMMIT', ''].join('\n');
}
