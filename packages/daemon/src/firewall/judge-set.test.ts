import { describe, expect, it } from '@jest/globals';
import { describeOpenings } from './describe-openings.js';
import type { HostFacts } from './host-facts.js';
import { judgeSet } from './judge-set.js';
import { parseIptablesSave } from './parse-iptables-save.js';

const HOST: HostFacts = {
  interfaces: ['lo', 'eth0', 'wg0', 'docker0'],
  addresses: ['192.0.2.1', '2001:db8::1'],
  broadcasts: ['192.0.2.255'],
  forwards: { ipv4: false, ipv6: false },
  bridged: { ipv4: [], ipv6: [] },
};
const ROUTER: HostFacts = { ...HOST, forwards: { ipv4: true, ipv6: true } };

function tablesOf(rules: readonly string[], family: 'ipv4' | 'ipv6' = 'ipv4') {
  const save = [
    ...['*filter', ':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':A - [0:0]', ':B - [0:0]'],
    ':VALLUM - [0:0]',
    ...rules.map((rule) => `-A ${rule}`),
    'COMMIT',
  ].join('\n');
  return parseIptablesSave(save, 'iptables', family);
}

/** @param rules without `-A` */
function judge(rules: readonly string[], host: HostFacts = HOST, family: 'ipv4' | 'ipv6' = 'ipv4') {
  const judgement = judgeSet(tablesOf(rules, family), { set: 'S', kind: 'ipset', family }, host);
  const text = describeOpenings(judgement.open, family, host);
  return { ...judgement, text };
}

const match = '-m set --match-set S src';
const drop = `${match} -j DROP`;

describe('what becomes of banned packets', () => {
  it.each([
    ['by a rule at the top', [`INPUT ${drop}`]],
    ['behind loopback', ['INPUT -i lo -j ACCEPT', `INPUT ${drop}`]],
    ['behind what only containers send', ['INPUT -i docker0 -j ACCEPT', `INPUT ${drop}`]],
    [
      'behind the errors of connections',
      ['INPUT -p icmp -m icmp --icmp-type 3 -j ACCEPT', `INPUT ${drop}`],
    ],
    ['in a chain that every packet passes', ['INPUT -j A', `A ${drop}`, 'INPUT -j ACCEPT']],
    ['two chains down', ['INPUT -j A', 'A -j B', `B ${drop}`]],
    ['behind a chain that lets packets return', ['INPUT -j A', 'A -j RETURN', `INPUT ${drop}`]],
    ['by a chain that logs before', [`INPUT ${match} -j A`, 'A -j LOG', 'A -j DROP']],
    ['by a chain that is entered for good', ['INPUT -g A', `A ${drop}`]],
    ['in two halves', [`INPUT -p tcp ${drop}`, `INPUT ! -p tcp ${drop}`]],
    ['in chains that lead to each other', ['INPUT -j A', 'A -j B', 'B -j A', `B ${drop}`]],
    ['since somebody answers in its place', [`INPUT ${match} -j REJECT --reject-with tcp-reset`]],
  ])('are dropped %s', (_name, rules) => {
    expect(judge(rules)).toMatchObject({ open: [], undecided: [], excepted: [], absent: [] });
    expect(judge(rules).drops).toHaveLength(
      rules.length === 2 && rules[1]!.includes('! -p') ? 2 : 1,
    );
  });

  it.each([
    ['INPUT -p tcp -m tcp --dport 22 -j ACCEPT', 'tcp 22 on any interface'],
    ['INPUT -i wg0 -j ACCEPT', 'every protocol and port on wg0'],
    ['INPUT -p icmp -m icmp --icmp-type 8 -j ACCEPT', 'icmp type 8 on any interface'],
    ['INPUT -p icmp -j ACCEPT', 'icmp on any interface'],
    ['INPUT -p vrrp -j ACCEPT', 'vrrp on any interface'],
    [
      'INPUT -d 224.0.0.251/32 -p udp -m udp --dport 5353 -j ACCEPT',
      'udp 5353 on any interface to 224.0.0.251',
    ],
    ['INPUT -p udp -m udp --sport 67 -j ACCEPT', 'all of udp on any interface from port 67'],
    ['INPUT -s 128.0.0.0/2 -j ACCEPT', 'every protocol and port on any interface from 128.0.0.0/2'],
    [
      'INPUT -p tcp -m multiport --dports 1,3,5,7,9,11,13,15,17,19 -j ACCEPT',
      'tcp 1, 3, 5, 7, 9, 11, 13, 15, and 2 more on any interface',
    ],
  ])('get in by %s', (rule, words) => {
    const { text, open } = judge([rule, `INPUT ${drop}`]);
    expect(text).toBe(`${words} (let in by iptables filter INPUT: -A ${rule})`);
    expect(open).not.toEqual([]);
  });

  it('get in by what a comment cannot hide', () => {
    const { text } = judge(['INPUT -m comment --comment "\u001b[2K" -j ACCEPT', `INPUT ${drop}`]);
    expect(text).toContain('\\x1b');
  });

  it('of IPv6 are judged by their own rules, without the messages among neighbours', () => {
    const rules = ['INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -j ACCEPT', `INPUT ${drop}`];
    expect(judge(rules, HOST, 'ipv6').open).toEqual([]);
    const ping = ['INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 128 -j ACCEPT', `INPUT ${drop}`];
    expect(judge(ping, HOST, 'ipv6').text).toMatch(/^icmpv6 type 128 on any interface /);
    const one = ['INPUT -d fe80::/10 -p tcp -j ACCEPT', `INPUT ${drop}`];
    expect(judge(one, { ...HOST, addresses: ['fe80::1'] }, 'ipv6').text).toMatch(/^all of tcp/);
    expect(judge(one, HOST, 'ipv6').open).toEqual([]);
  });

  it('are wide open only where all of TCP is, everywhere', () => {
    expect(judge(['INPUT -p tcp -j ACCEPT', `INPUT ${drop}`]).wide).toBe(true);
    expect(judge(['INPUT -i eth0 -p tcp -j ACCEPT', `INPUT ${drop}`]).wide).toBe(false);
    expect(judge([`INPUT -p tcp ${drop}`]).wide).toBe(false);
    expect(judge([`INPUT -p udp ${drop}`]).wide).toBe(true);
    expect(judge(['INPUT -j ACCEPT', `INPUT ${drop}`]).wide).toBe(true);
  });

  it.each([
    ['INPUT -j ACCEPT', `INPUT ${drop}`, 'shadowed'],
    ['INPUT -g B', `INPUT ${drop}`, 'shadowed'],
    ['B -j A', `A ${drop}`, 'unreached'],
    ['INPUT -j A', `A ${match} -j ACCEPT`, 'does-not-drop'],
    ['INPUT -j A', 'A -m set --match-set S dst -j DROP', 'does-not-drop'],
  ])('%s, %s: %s', (first, second, why) => {
    expect(judge([first, second]).idle).toMatchObject([{ why }]);
  });

  it('may depend on a rule that is not understood, which is named', () => {
    const rule = 'INPUT -m u32 --u32 "0x6&0xff=0x6" -j ACCEPT';
    const { open, undecided } = judge([rule, `INPUT ${drop}`]);
    expect(open).toEqual([]);
    expect(describeOpenings(undecided, 'ipv4', HOST)).toBe(
      `every protocol and port on any interface (depends on iptables filter INPUT: -A ${rule})`,
    );
    expect(judge([`INPUT -m geoip --source-country XX ${drop}`]).undecided).not.toEqual([]);
    // What drops somebody else as well needs no understanding.
    expect(judge(['INPUT -m geoip --source-country XX -j DROP', `INPUT ${drop}`])).toMatchObject({
      ...{ open: [], undecided: [] },
    });
    expect(judge(['INPUT -m geoip --source-country XX -j DROP']).open).not.toEqual([]);
  });

  it('are forwarded where the machine does that, and only there', () => {
    expect(judge([`INPUT ${drop}`], ROUTER)).toMatchObject({
      ways: ['input', 'forward'],
      text: 'forwarded: every protocol and port on any interface',
    });
    const alone = { ...ROUTER, interfaces: ['lo', 'eth0'] };
    expect(judge([`INPUT ${drop}`], alone)).toMatchObject({ ways: ['input'], open: [] });
    const bridge = { ...HOST, interfaces: ['lo', 'br0'], bridged: { ipv4: ['br0'], ipv6: [] } };
    expect(judge([`INPUT ${drop}`], bridge).text).toBe(
      'forwarded: every protocol and port on any interface towards br0',
    );
    const rules = [`INPUT ${drop}`, `FORWARD -m physdev --physdev-is-bridged ${drop}`];
    expect(judge(rules, bridge).drops).toHaveLength(2);
  });

  it('go on in connections that are there, where rules say so', () => {
    const established = 'INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT';
    expect(judge([established, `INPUT ${drop}`])).toMatchObject({
      establishedGoOn: true,
      open: [],
    });
    expect(judge([`INPUT ${drop}`])).toMatchObject({ establishedGoOn: false });
  });

  it('are never said to be dropped for want of time', () => {
    const chains = Array.from({ length: 30 }, (_, at) => `:C${String(at)} - [0:0]`);
    const jumps = Array.from({ length: 29 }, (_, at) =>
      ['-p tcp', '-p udp', ''].map((what) => `-A C${String(at)} ${what} -j C${String(at + 1)}`),
    );
    const save = [
      '*filter',
      ':INPUT ACCEPT',
      ...chains,
      '-A INPUT -j C0',
      ...jumps.flat(),
      'COMMIT',
    ];
    const tables = parseIptablesSave(save.join('\n'), 'iptables', 'ipv4');
    const target = { set: 'S', kind: 'ipset', family: 'ipv4' } as const;
    expect(judgeSet(tables, target, HOST)).toMatchObject({ tooComplex: true });
  });

  it('are found among more rules than can be told apart', () => {
    const many = Array.from({ length: 1_000 }, (_, at) => {
      const to = `10.0.${String(at >> 8)}.${String(at & 255)}/32`;
      return `FORWARD -d ${to} -p tcp -m tcp --dport ${String(at)} -j DROP`;
    });
    const late = [...many, 'FORWARD -p tcp -m tcp --dport 22 -j ACCEPT', `FORWARD ${drop}`];
    const { text, tooComplex } = judge([`INPUT ${drop}`, ...late], ROUTER);
    expect(tooComplex).toBe(false);
    expect(text).toMatch(/^forwarded: tcp 22 on any interface/);
  });
});

describe('an exception that the administrator made in the chain of setup', () => {
  const judgeOwn = (rules: readonly string[]) => {
    const { excepted, ...rest } = judge(['INPUT -j VALLUM', ...rules]);
    return { ...rest, exceptions: describeOpenings(excepted, 'ipv4', HOST) };
  };

  it.each([
    ['-p udp --dport 53 -j RETURN', 'udp 53 on any interface'],
    ['-i wg0 -j ACCEPT', 'every protocol and port on wg0'],
    ['-p tcp -m multiport --dports 80,443 -j RETURN', 'tcp 80, 443 on any interface'],
  ])('is none of what is open, and is named: %s', (rule, text) => {
    // What lets it in afterwards is not the reason.
    const rules = [`VALLUM ${rule}`, `VALLUM ${drop}`, 'INPUT -j ACCEPT'];
    expect(judgeOwn(rules)).toMatchObject({
      ...{ open: [], wide: false, establishedGoOn: false },
      exceptions: `${text} (let in by iptables filter VALLUM: -A VALLUM ${rule})`,
    });
  });

  it.each([
    ['lets in all', ['VALLUM -j RETURN', `VALLUM ${drop}`]],
    ['lets in all of TCP', ['VALLUM -p tcp -j RETURN', `VALLUM ${drop}`]],
    ['is what is left behind a drop', [`VALLUM -p udp ${drop}`, 'VALLUM -j RETURN']],
    ['is of another chain', ['INPUT -j A', 'A -p tcp --dport 22 -j ACCEPT', `INPUT ${drop}`]],
  ])('is no exception where it %s', (_what, rules) => {
    const { open, exceptions } = judgeOwn(rules);
    expect({ open: open.length > 0, exceptions }).toEqual({ open: true, exceptions: '' });
  });
});
