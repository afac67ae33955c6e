import type { Family } from '@vallum/core';
import type { BaseChain, Rule, RuleTable, SetReference, Verdict } from './ruleset.js';
import { splitWords } from './split-words.js';

const HOOKS: Readonly<Record<string, BaseChain['hook']>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
};
const DROPS: ReadonlySet<string> = new Set(['DROP', 'REJECT', 'TARPIT', 'STEAL']);

/**
 * Reads what iptables-save prints, of either variant:
 *
 *     *filter
 *     :INPUT ACCEPT [0:0]
 *     :VALLUM - [0:0]
 *     -A INPUT -m comment --comment vallum -j VALLUM
 *     -A VALLUM -m set --match-set blacklist src -m comment --comment vallum -j DROP
 *     COMMIT
 *
 * @param tool whose rules they are: `iptables-legacy`
 */
export function parseIptablesSave(text: string, tool: string, family: Family): RuleTable[] {
  const tables: RuleTable[] = [];
  let name = '';
  let chains = new Map<string, Rule[]>();
  let bases: BaseChain[] = [];
  for (const line of text.split('\n')) {
    if (line.startsWith('*')) {
      name = line.slice(1).trim();
      chains = new Map();
      bases = [];
    } else if (line.startsWith(':')) {
      const chain = line.slice(1).split(' ', 1)[0] ?? '';
      chains.set(chain, []);
      const hook = HOOKS[chain];
      // What nat does with the first packet of a connection protects nothing.
      if (hook && name !== 'nat') bases.push({ chain, hook });
    } else if (line.startsWith('COMMIT')) {
      const families = [family];
      tables.push({ name: `${tool} ${name}`, sets: 'ipset', families, chains, bases });
    } else {
      const [, command, chain = '', ...words] = splitWords(line.replace(/^(?!\[)/, '[0:0] '));
      if (command === '-A') chains.get(chain)?.push(parseRule(words, line, chains));
    }
  }
  return tables;
}

function parseRule(
  words: readonly string[],
  text: string,
  chains: ReadonlyMap<string, unknown>,
): Rule {
  const references: SetReference[] = [];
  let verdict: Verdict = { kind: 'none' };
  let conditions = 0;
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at];
    if (word === '-j' || word === '-g') {
      verdict = verdictOf(words[at + 1] ?? '', word === '-g', chains);
      // Behind the target stand its own options only.
      break;
    }
    if (word === '--match-set') {
      const [set = '', directions = ''] = words.slice(at + 1, at + 3);
      const source = directions.split(',', 1)[0] === 'src';
      references.push({ set, source, negated: words[at - 1] === '!' });
      at += 2;
    } else if (word === '-m' || word === '--comment') {
      // A module alone is no condition (its options are), but `-m socket` is.
      if (word === '-m' && words[at + 1] === 'socket') conditions += 1;
      at += 1;
    } else if (word !== '!') {
      conditions += 1;
    }
  }
  return {
    references,
    always: conditions === 0 && references.length === 0,
    onlySets: conditions === 0,
    verdict,
    text,
  };
}

function verdictOf(target: string, goto: boolean, chains: ReadonlyMap<string, unknown>): Verdict {
  if (target === 'ACCEPT') return { kind: 'accept' };
  if (target === 'RETURN') return { kind: 'return' };
  if (DROPS.has(target)) return { kind: 'drop' };
  return chains.has(target) ? { kind: goto ? 'goto' : 'jump', chain: target } : { kind: 'none' };
}
