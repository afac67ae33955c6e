import type { Family } from '@vallum/core';
import { splitWords } from '../firewall/split-words.js';
import type { Wanted } from './wanted.js';

/** The chain that setup makes; rules in it without its mark are the administrator's. */
export const CHAIN = 'VALLUM';
/** Comment of a rule that setup made. */
const MARK = 'vallum';
/** … and made the set too, so that it goes with the rule. */
const MARK_WITH_SET = 'vallum+set';

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
  const mark = madeSet ? MARK_WITH_SET : MARK;
  return `${CHAIN} -m set --match-set ${set} src -m comment --comment ${mark} -j DROP`;
}

export function jumpRule(hook: Wanted['hooks'][number]): string {
  return `${hook.toUpperCase()} -m comment --comment ${MARK} -j ${CHAIN}`;
}

/** The rules of the table `filter` in a text of iptables-save, without `-A`, in one way of quoting. */
function rulesOf(save: string): { chain: boolean; rules: string[] } {
  const filter = /^\*filter$([^]*?)^COMMIT$/m.exec(save)?.[1] ?? '';
  const rules = filter
    .split('\n')
    .filter((line) => line.startsWith('-A '))
    .map((line) => splitWords(line.slice(3)).join(' '));
  return { chain: new RegExp(`^:${CHAIN} `, 'm').test(filter), rules };
}

/**
 * What iptables-restore --noflush has to be told so that everything wanted is there.
 *
 * @param save what iptables-save printed
 * @param made the sets that setup creates now
 * @returns its input, undefined where nothing is missing, and each rule that is added
 */
export function planRules(
  wanted: Wanted,
  family: Family,
  save: string,
  made: ReadonlySet<string>,
): { input: string | undefined; added: string[] } {
  const { chain, rules } = rulesOf(save);
  const drops = wanted.sets
    .filter((set) => set.family === family)
    .filter(({ set }) => ![true, false].some((by) => rules.includes(dropRule(set, by))))
    .map(({ set }) => dropRule(set, made.has(set)));
  const jumps = wanted.hooks.map(jumpRule).filter((rule) => !rules.includes(rule));
  const added = [...drops.map((rule) => `-A ${rule}`), ...jumps.map((rule) => `-I ${rule}`)];
  // To declare a chain that is there would empty it.
  return { input: restoreInput([...(chain ? [] : [`:${CHAIN} - [0:0]`]), ...added]), added };
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
  /** Rules in the chain that are not setup's. */
  foreign: number;
} {
  const { chain, rules } = rulesOf(save);
  const inside = rules.filter((rule) => rule.startsWith(`${CHAIN} `));
  const drops = inside.filter((rule) => setOf(rule) !== undefined);
  const foreign = inside.length - drops.length;
  const jumps =
    foreign > 0
      ? []
      : rules.filter((rule) => rule === jumpRule('input') || rule === jumpRule('forward'));
  const removed = [
    ...[...jumps, ...drops].map((rule) => `-D ${rule}`),
    ...(chain && foreign === 0 ? [`-X ${CHAIN}`] : []),
  ];
  const sets = drops.flatMap((rule) => {
    const set = setOf(rule);
    return set?.made === true ? [set.name] : [];
  });
  return { input: restoreInput(removed), removed, sets, foreign };
}

/** The set of a rule that setup made. */
function setOf(rule: string): { name: string; made: boolean } | undefined {
  const name = /--match-set (\S+) src /.exec(rule)?.[1] ?? '';
  const made = rule === dropRule(name, true);
  return made || rule === dropRule(name, false) ? { name, made } : undefined;
}

function restoreInput(lines: readonly string[]): string | undefined {
  return lines.length === 0 ? undefined : ['*filter', ...lines, 'COMMIT', ''].join('\n');
}
