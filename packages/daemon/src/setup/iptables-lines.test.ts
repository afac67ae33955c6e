import { describe, expect, it } from '@jest/globals';
import { parseBinding } from '@vallum/core/protocol';
import { planRemoval, planRules } from './iptables-lines.js';
import { printIptablesCommands, printNftCommands } from './print-commands.js';
import { wantedSets, type Wanted } from './wanted.js';

function wanted(topics: readonly string[], more: Partial<Wanted> = {}): Wanted {
  const bindings = topics.map((text) => {
    const binding = parseBinding(text);
    if (!binding.ok) throw new Error(binding.detail);
    return binding.value;
  });
  const shape = { type: 'hash:net', timeoutSeconds: 0, maxEntries: 1000 } as const;
  return { sets: wantedSets(bindings, shape), hooks: ['input'], allowEstablished: false, ...more };
}

const BOTH: Partial<Wanted> = { hooks: ['input', 'forward'] };
const NONE: ReadonlySet<string> = new Set();
const TABLE = { family: 'inet', table: 'vallum' } as const;
const EMPTY = '*filter\n:INPUT ACCEPT [0:0]\nCOMMIT\n';
const DROP = 'VALLUM -m set --match-set a src -m comment --comment vallum -j DROP';
const ESTABLISHED =
  'VALLUM -m conntrack --ctstate RELATED,ESTABLISHED -m comment --comment vallum -j RETURN';
const jump = (chain: string) => `${chain} -m comment --comment vallum -j VALLUM`;
const filter = (...lines: readonly string[]) => ['*filter', ...lines, 'COMMIT', ''].join('\n');

describe('what setup wants', () => {
  it('is a set for each family, each once', () => {
    const names = wanted(['a', 'site/x=a', 'b6']).sets.map(({ set, family }) => `${set} ${family}`);
    expect(names).toEqual(['a ipv4', 'a6 ipv6', 'b6 ipv6']);
  });

  it('is printed as commands that may be pasted again and again', () => {
    const printed = printIptablesCommands(wanted(['a']), NONE);
    expect(printed).toContain(
      'ipset list -n a6 >/dev/null 2>&1 || ipset create a6 hash:net family inet6 timeout 0 maxelem 1000\n',
    );
    expect(printed).toContain(`iptables -A ${DROP}\n`);
    expect(printNftCommands(wanted(['a']), TABLE, NONE)).toMatch(
      /^nft -f - <<'END'\nadd table inet vallum$/m,
    );
  });
});

describe('the plan for iptables', () => {
  it('makes chain, rule and jump in one go, and marks the sets that are made with them', () => {
    const { input } = planRules(wanted(['a'], BOTH), 'ipv4', EMPTY, NONE);
    expect(input).toBe(
      filter(
        ...[':VALLUM - [0:0]', `-A ${DROP}`],
        ...[`-I ${jump('INPUT')}`, `-I ${jump('FORWARD')}`],
      ),
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
      expect(planRules(wanted(['a']), 'ipv4', there, NONE).input).toBeUndefined();
      const more = planRules(wanted(['a', 'b']), 'ipv4', there, NONE);
      // The chain is not declared: that would empty it.
      expect(more.input).toBe(`*filter\n-A ${DROP.replace(' a src', ' b src')}\nCOMMIT\n`);
    }
  });

  it('puts the jump in front again of what others have put before it, and in DOCKER-USER as well', () => {
    const save = filter(
      ...[':INPUT ACCEPT [0:0]', ':FORWARD DROP [0:0]', ':DOCKER-USER - [0:0]', ':VALLUM - [0:0]'],
      ...['-A INPUT -p tcp -m tcp --dport 80 -j ACCEPT', `-A ${jump('INPUT')}`],
      ...['-A FORWARD -j DOCKER-USER', `-A ${jump('FORWARD')}`, '-A DOCKER-USER -j RETURN'],
      `-A ${DROP}`,
    );
    expect(planRules(wanted(['a'], BOTH), 'ipv4', save, NONE).changed).toEqual([
      ...[`-D ${jump('INPUT')}`, `-I ${jump('INPUT')}`],
      ...[`-D ${jump('FORWARD')}`, `-I ${jump('FORWARD')}`, `-I ${jump('DOCKER-USER')}`],
    ]);
    // Who passes nothing on says so.
    expect(planRules(wanted(['a']), 'ipv4', save, NONE).changed).toHaveLength(2);
  });

  it('lets established connections go in front of the drops, and no longer than it is told to', () => {
    const letting = wanted(['a'], { allowEstablished: true });
    const there = (...inside: readonly string[]) =>
      filter(':INPUT - [0:0]', ':VALLUM - [0:0]', `-A ${jump('INPUT')}`, ...inside);
    const right = there(`-A ${ESTABLISHED}`, `-A ${DROP}`);
    const behind = there(`-A ${DROP}`, `-A ${ESTABLISHED}`);
    const without = there(`-A ${DROP}`);
    expect(planRules(letting, 'ipv4', right, NONE).changed).toEqual([]);
    expect(planRules(letting, 'ipv4', without, NONE).changed).toEqual([`-I ${ESTABLISHED}`]);
    expect(planRules(letting, 'ipv4', behind, NONE).changed).toEqual([
      ...[`-D ${ESTABLISHED}`, `-I ${ESTABLISHED}`],
    ]);
    expect(planRules(wanted(['a']), 'ipv4', right, NONE).changed).toEqual([`-D ${ESTABLISHED}`]);
  });

  it('takes away what is marked, and the chain only where nothing else is in it', () => {
    const ways = ['INPUT', 'FORWARD', 'DOCKER-USER'].map((chain) => jump(chain));
    const save = (own: readonly string[]) =>
      filter(
        ...[':VALLUM - [0:0]', ...ways.map((rule) => `-A ${rule}`)],
        ...[...own, `-A ${ESTABLISHED}`, `-A ${DROP}`],
      );
    const removed = [...[...ways, ESTABLISHED, DROP].map((rule) => `-D ${rule}`), '-X VALLUM'];
    expect(planRemoval(save([]))).toEqual({
      ...{ input: filter(...removed), removed },
      ...{ sets: [], found: ['a'], foreign: 0, ways: 0 },
    });
    // Somebody else's way to the chain: it cannot be deleted.
    const way = save(['-A OUTPUT -j VALLUM']);
    expect(planRemoval(way)).toMatchObject({ removed: removed.slice(0, -1), ways: 1 });
    expect(planRemoval(save(['-A VALLUM -s 192.0.2.1/32 -j RETURN']))).toMatchObject({
      ...{ removed: [`-D ${ESTABLISHED}`, `-D ${DROP}`], foreign: 1 },
    });
    expect(planRemoval(EMPTY)).toMatchObject({ input: undefined, sets: [] });
    expect(planRemoval('')).toMatchObject({ input: undefined });
  });
});
