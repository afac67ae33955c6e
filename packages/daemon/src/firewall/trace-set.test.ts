import { describe, expect, it } from '@jest/globals';
import { parseIptablesSave } from './parse-iptables-save.js';
import { traceSet } from './trace-set.js';

/** @param rules without `-A` */
function trace(...rules: readonly string[]) {
  const save = [
    ...['*filter', ':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':A - [0:0]', ':B - [0:0]'],
    ...rules.map((rule) => `-A ${rule}`),
    'COMMIT',
  ].join('\n');
  return traceSet(parseIptablesSave(save, 'iptables', 'ipv4'), 'S', 'ipset', 'ipv4');
}

const match = '-m set --match-set S src';
const drop = `${match} -j DROP`;

describe('the way of packets through the rules', () => {
  it.each([
    ['by a rule at the top', [`INPUT ${drop}`]],
    [
      'behind the connections that are there',
      [`INPUT -m state --state ESTABLISHED -j ACCEPT`, `INPUT ${drop}`],
    ],
    ['behind loopback', ['INPUT -i lo -j ACCEPT', `INPUT ${drop}`]],
    ['in a chain that every packet passes', ['INPUT -j A', `A ${drop}`, 'INPUT -j ACCEPT']],
    ['two chains down', ['INPUT -j A', 'A -j B', `B ${drop}`]],
    ['behind a chain that lets packets return', ['INPUT -j A', 'A -j RETURN', `INPUT ${drop}`]],
    ['behind a chain that accepts some', ['INPUT -j A', 'A -p tcp -j ACCEPT', `INPUT ${drop}`]],
    [
      'behind a chain that only some packets enter',
      ['INPUT -p udp -j A', 'A -j ACCEPT', `INPUT ${drop}`],
    ],
    ['by a chain that logs before', [`INPUT ${match} -j A`, 'A -j LOG', 'A -j DROP']],
    ['by a chain that is entered for good', ['INPUT -g A', `A ${drop}`]],
  ])('drops what is in the set %s', (_name, rules) => {
    expect(trace(...rules)).toMatchObject({ kind: 'dropping', partly: false, hooks: ['input'] });
  });

  it.each([
    ['an accepting rule', ['INPUT -j ACCEPT', `INPUT ${drop}`]],
    ['a chain that accepts', ['INPUT -j A', 'A -j ACCEPT', `INPUT ${drop}`]],
    ['a chain that is entered for good', ['INPUT -g A', `INPUT ${drop}`]],
    ['a chain two down', ['INPUT -j A', 'A -j B', 'B -j ACCEPT', `INPUT ${drop}`]],
    ['an early return', ['INPUT -j A', 'A -j RETURN', `A ${drop}`]],
    ['a comment that changes nothing', ['INPUT -m comment --comment x -j ACCEPT', `INPUT ${drop}`]],
  ])('does not come to a rule behind %s', (_name, rules) => {
    expect(trace(...rules)).toMatchObject({ kind: 'shadowed' });
  });

  it('names the rule that stands in the way', () => {
    expect(trace('INPUT -j ACCEPT', `INPUT ${drop}`)).toEqual({
      kind: 'shadowed',
      where: 'iptables filter INPUT',
      by: 'iptables filter INPUT: -A INPUT -j ACCEPT',
    });
  });

  it.each([
    ['accepts it', `INPUT ${match} -j ACCEPT`],
    ['only logs it', `INPUT ${match} -j LOG`],
    ['looks at the destination', 'INPUT -m set --match-set S dst -j DROP'],
    ['drops everything else', 'INPUT -m set ! --match-set S src -j DROP'],
  ])('is not stopped by a rule that %s', (_name, rule) => {
    expect(trace(rule)).toMatchObject({ kind: 'not-dropping' });
  });

  it('is stopped in part by a rule for one port, or in a chain for one', () => {
    expect(trace(`INPUT -p tcp --dport 22 ${drop}`)).toMatchObject({
      kind: 'dropping',
      partly: true,
    });
    expect(trace('INPUT -p tcp -j A', `A ${drop}`)).toMatchObject({
      kind: 'dropping',
      partly: true,
    });
    expect(trace('INPUT -p tcp -j A', `A ${drop}`, `INPUT ${drop}`)).toMatchObject({
      partly: false,
    });
  });

  it('never comes to a chain to which nothing leads', () => {
    expect(trace(`A ${drop}`)).toEqual({ kind: 'unreached', where: 'iptables filter A' });
  });

  it('survives chains that lead to each other', () => {
    expect(trace('INPUT -j A', 'A -j B', 'B -j A', `B ${drop}`)).toMatchObject({
      kind: 'dropping',
    });
  });

  it('knows no use of a set that no rule names, nor of one in another family or tool', () => {
    expect(trace('INPUT -m set --match-set S6 src -j DROP')).toEqual({ kind: 'unused' });
    const tables = parseIptablesSave(
      `*filter\n:INPUT ACCEPT\n-A INPUT ${drop}\nCOMMIT`,
      'x',
      'ipv4',
    );
    expect(traceSet(tables, 'S', 'ipset', 'ipv6')).toEqual({ kind: 'unused' });
    expect(traceSet(tables, 'S', 'nftables', 'ipv4')).toEqual({ kind: 'unused' });
  });

  it('counts a drop before routing, and one for what is passed on', () => {
    const save = `*raw\n:PREROUTING ACCEPT\n-A PREROUTING ${drop}\nCOMMIT\n*filter\n:INPUT ACCEPT\n:FORWARD ACCEPT\n-A INPUT -j ACCEPT\n-A INPUT ${drop}\n-A FORWARD ${drop}\nCOMMIT`;
    expect(traceSet(parseIptablesSave(save, 'x', 'ipv4'), 'S', 'ipset', 'ipv4')).toMatchObject({
      kind: 'dropping',
      hooks: ['prerouting', 'forward'],
    });
  });
});
