import { describe, expect, it } from '@jest/globals';
import { parseBinding } from '@vallum/core/protocol';
import { planRemoval, planRules } from './iptables-lines.js';
import { printIptablesCommands, printNftCommands } from './print-commands.js';
import { wantedSets, type Wanted } from './wanted.js';

function wanted(topics: readonly string[], hooks: Wanted['hooks'] = ['input']): Wanted {
  const bindings = topics.map((text) => {
    const binding = parseBinding(text);
    if (!binding.ok) throw new Error(binding.detail);
    return binding.value;
  });
  const shape = { type: 'hash:net', timeoutSeconds: 0, maxEntries: 1000 } as const;
  return { sets: wantedSets(bindings, shape), hooks };
}

const EMPTY = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
const DROP = 'VALLUM -m set --match-set a src -m comment --comment vallum -j DROP';

describe('what setup wants', () => {
  it('is a set for each family, each once', () => {
    const names = wanted(['a', 'site/x=a', 'b6']).sets.map(({ set, family }) => `${set} ${family}`);
    expect(names).toEqual(['a ipv4', 'a6 ipv6', 'b6 ipv6']);
  });

  it('is printed as commands that may be pasted again and again', () => {
    const printed = printIptablesCommands(wanted(['a']));
    expect(printed).toContain(
      'ipset list -n a6 >/dev/null 2>&1 || ipset create a6 hash:net family inet6 timeout 0 maxelem 1000\n',
    );
    expect(printed).toContain(`iptables -A ${DROP}\n`);
    expect(printNftCommands(wanted(['a']))).toMatch(/^nft -f - <<'END'\nadd table inet vallum$/m);
  });
});

describe('the plan for iptables', () => {
  it('makes chain, rule and jump in one go, and marks the sets that are made with them', () => {
    const { input } = planRules(wanted(['a'], ['input', 'forward']), 'ipv4', EMPTY, new Set());
    expect(input).toBe(
      [
        ...['*filter', ':VALLUM - [0:0]', `-A ${DROP}`],
        '-I INPUT -m comment --comment vallum -j VALLUM',
        '-I FORWARD -m comment --comment vallum -j VALLUM',
        ...['COMMIT', ''],
      ].join('\n'),
    );
    const made = planRules(wanted(['a']), 'ipv4', EMPTY, new Set(['a']));
    expect(made.input).toContain('--match-set a src -m comment --comment vallum+set -j DROP');
  });

  it('adds nothing to what is there, whichever way it was marked', () => {
    for (const mark of ['vallum', 'vallum+set']) {
      const there = [
        ...['*filter', ':INPUT ACCEPT [0:0]', ':VALLUM - [0:0]'],
        '-A INPUT -m comment --comment "vallum" -j VALLUM',
        `-A ${DROP.replace('--comment vallum', `--comment ${mark}`)}`,
        'COMMIT',
      ].join('\n');
      expect(planRules(wanted(['a']), 'ipv4', there, new Set()).input).toBeUndefined();
      const more = planRules(wanted(['a', 'b']), 'ipv4', there, new Set());
      // The chain is not declared: that would empty it.
      expect(more.input).toBe(`*filter\n-A ${DROP.replace(' a src', ' b src')}\nCOMMIT\n`);
    }
  });

  it('takes away what is marked, and the chain only where nothing else is in it', () => {
    const save = (own: string) =>
      `*filter\n:VALLUM - [0:0]\n-A INPUT -m comment --comment vallum -j VALLUM\n${own}-A ${DROP}\nCOMMIT\n`;
    expect(planRemoval(save(''))).toEqual({
      input: `*filter\n-D INPUT -m comment --comment vallum -j VALLUM\n-D ${DROP}\n-X VALLUM\nCOMMIT\n`,
      removed: ['-D INPUT -m comment --comment vallum -j VALLUM', `-D ${DROP}`, '-X VALLUM'],
      ...{ sets: [], foreign: 0 },
    });
    expect(planRemoval(save('-A VALLUM -s 192.0.2.1/32 -j RETURN\n'))).toMatchObject({
      ...{ removed: [`-D ${DROP}`], foreign: 1 },
    });
    expect(planRemoval(EMPTY)).toMatchObject({ input: undefined, sets: [] });
    expect(planRemoval('')).toMatchObject({ input: undefined });
  });
});
