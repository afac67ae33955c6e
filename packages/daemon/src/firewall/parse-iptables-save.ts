import type { Family } from '@vallum/core';
import { readIptablesRule } from './read-iptables-rule.js';
import type { BaseChain, Rule, RuleTable } from './ruleset.js';
import { splitWords } from './split-words.js';

const HOOKS: Readonly<Record<string, BaseChain['hook']>> = {
  PREROUTING: 'prerouting',
  INPUT: 'input',
  FORWARD: 'forward',
};
/** linux/netfilter_ipv4.h, enum nf_ip_hook_priorities */
const PRIORITIES: Readonly<Record<string, number>> = {
  ...{ raw: -300, mangle: -150, nat: -100, filter: 0, security: 50 },
};

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
      const [chain = '', policy = ''] = line.slice(1).split(' ');
      chains.set(chain, []);
      const hook = HOOKS[chain];
      // In the hook input, nat changes where a packet seems to come from, and drops nothing.
      if (hook && !(name === 'nat' && hook === 'input')) {
        bases.push({
          ...{ chain, hook, type: name === 'nat' ? 'nat' : 'filter' },
          priority: PRIORITIES[name] ?? 0,
          policy: policy === 'DROP' ? 'drop' : 'accept',
        });
      }
    } else if (line.startsWith('COMMIT')) {
      tables.push({ name: `${tool} ${name}`, sets: 'ipset', family, chains, bases });
    } else if (line.startsWith('-A ') || line.startsWith('[')) {
      const bare = line.replace(/^\[[^\]]*\] /, '');
      const [, chain = '', ...words] = splitWords(bare);
      chains.get(chain)?.push(readIptablesRule(words, bare, family, chains));
    }
  }
  return tables;
}
