import { describe, expect, it } from '@jest/globals';
import { chooseTool, type Asked } from './choose-tool.js';
import { readMachine, type MachineTexts } from './machine.js';

const NOTHING: MachineTexts = {
  ipsetNames: '',
  iptables: [],
  compat: { ip: '', ip6: '' },
  hasIptables: true,
  nft: '',
  forwarding: '0\n0\n',
  readable: true,
};
const filter = (...lines: readonly string[]) => `*filter\n${lines.join('\n')}\nCOMMIT\n`;
const ACCEPTING = [':INPUT ACCEPT [0:0]', ':FORWARD ACCEPT [0:0]', ':OUTPUT ACCEPT [0:0]'];
const DOCKER = [
  ...[':INPUT ACCEPT [0:0]', ':FORWARD DROP [0:0]', ':DOCKER - [0:0]', ':DOCKER-USER - [0:0]'],
  ...['-A FORWARD -j DOCKER-USER', '-A FORWARD -o docker0 -j DOCKER', '-A DOCKER-USER -j RETURN'],
  ...['-A FORWARD -i docker0 ! -o docker0 -j ACCEPT', '-A FORWARD -i br-0123456789ab -j ACCEPT'],
];
const nftTable = (name: string, ...rules: readonly string[]) =>
  [
    `table ${name} {`,
    ...['\tset friends {', '\t\ttype ipv4_addr', '\t\tflags timeout', '\t}', '\tchain input {'],
    '\t\ttype filter hook input priority filter; policy accept;',
    ...rules.map((rule) => `\t\t${rule}`),
    ...['\t}', '}', ''],
  ].join('\n');

function choose(texts: Partial<MachineTexts>, asked: Partial<Asked> = {}) {
  const machine = readMachine({ ...NOTHING, ...texts }, 'inet vallum');
  const choice = chooseTool(machine, { rules: undefined, backend: undefined, ...asked }, [
    'a',
    'a6',
  ]);
  if (typeof choice === 'string') throw new Error(choice);
  return choice;
}

describe('the choice between iptables and nftables', () => {
  it.each<[string, 'iptables' | 'nftables', Partial<MachineTexts>, RegExp]>([
    ['a fresh Debian 12', 'nftables', {}, /no rules of iptables$/],
    [
      'chains of iptables without rules',
      'nftables',
      { iptables: [filter(...ACCEPTING)] },
      /no rules/,
    ],
    ['Docker alone', 'nftables', { iptables: [filter(...DOCKER)] }, /but those of Docker, which/],
    [
      'fail2ban and libvirt alone',
      'nftables',
      {
        iptables: [
          filter(
            ...[':f2b-sshd - [0:0]', '-A INPUT -p tcp -m multiport --dports 22 -j f2b-sshd'],
            ...[
              '-A f2b-sshd -j RETURN',
              '-A INPUT -j LIBVIRT_INP',
              '-A FORWARD -i virbr0 -j ACCEPT',
            ],
          ),
        ],
      },
      /those of libvirt and fail2ban/,
    ],
    [
      "somebody's own rule of iptables beside Docker's",
      'iptables',
      { iptables: [filter(...DOCKER, '-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT')] },
      /are in iptables$/,
    ],
    [
      'a policy of iptables that drops',
      'iptables',
      { iptables: [filter(':INPUT DROP [0:0]')] },
      /are in iptables$/,
    ],
    [
      'ufw, though fail2ban is in nftables',
      'iptables',
      {
        iptables: [filter(':ufw-user-input - [0:0]', '-A INPUT -j ufw-before-input')],
        nft: nftTable('inet f2b-table', 'tcp dport 22 drop'),
      },
      /ufw/,
    ],
    [
      'firewalld with iptables behind it',
      'nftables',
      { iptables: [filter(':INPUT_ZONES - [0:0]', '-A INPUT -j INPUT_ZONES')] },
      /firewalld/,
    ],
    ['firewalld', 'nftables', { nft: nftTable('inet firewalld', 'accept') }, /firewalld/],
    [
      'rules in a table of nftables',
      'nftables',
      { nft: nftTable('inet filter', 'tcp dport 22 accept'), iptables: [filter(...DOCKER)] },
      /in nftables \(inet filter\)/,
    ],
    [
      "Debian's empty /etc/nftables.conf, and rules of iptables-nft",
      'iptables',
      {
        nft: nftTable('inet filter') + nftTable('ip filter', 'tcp dport 22 counter accept'),
        compat: { ip: filter(...ACCEPTING), ip6: '' },
        iptables: [filter(...ACCEPTING, '-A INPUT -s 192.0.2.1/32 -j ACCEPT')],
      },
      /are in iptables$/,
    ],
    ['a set of ipset', 'iptables', { ipsetNames: 'friends\na6\n' }, /ipset has a set a6/],
    [
      'a set in our table',
      'nftables',
      { nft: nftTable('inet vallum').replace('friends', 'a'), ipsetNames: 'a\n' },
      /nftables has a set a in/,
    ],
    ['a machine without nft', 'iptables', { nft: undefined }, /nft is not installed/],
    ['one without ipset', 'nftables', { ipsetNames: undefined }, /ipset is not installed/],
    ['one without iptables', 'nftables', { hasIptables: false }, /iptables is not installed/],
    ['one that may not be looked at', 'nftables', { readable: false }, /only root can see/],
    [
      'what setup made for iptables, and nothing else',
      'nftables',
      { iptables: [filter(':VALLUM - [0:0]', '-A INPUT -m comment --comment vallum -j VALLUM')] },
      /no rules of iptables$/,
    ],
  ])('%s: %s', (_what, tool, texts, why) => {
    expect(choose(texts)).toEqual({ tool, why: expect.stringMatching(why), notes: [] });
  });

  it('follows --rules before the backend, and the backend before what it sees', () => {
    const ipset = { tool: 'iptables', place: 'backend in x.yaml line 1 (ipset)' } as const;
    expect(choose({}, { backend: ipset })).toMatchObject({
      ...{ tool: 'iptables', why: 'backend in x.yaml line 1 (ipset) says so', notes: [] },
    });
    const choice = choose({}, { backend: ipset, rules: 'nftables' });
    expect(choice).toMatchObject({ tool: 'nftables', why: '--rules says so' });
    expect(choice.notes).toEqual([expect.stringMatching(/no rule of nftables can look up/)]);
  });

  it('says what does not fit the machine', () => {
    const ipset = { tool: 'iptables', place: 'backend' } as const;
    const nft = nftTable('inet firewalld', 'accept');
    expect(choose({ nft }, { backend: ipset }).notes).toEqual([
      expect.stringMatching(/firewall-cmd --reload/),
    ]);
    expect(choose({ ipsetNames: undefined }, { backend: ipset }).notes).toEqual([
      'ipset is not installed, but nft is: backend: nftables would go with it',
    ]);
    const bare = readMachine(
      { ...NOTHING, nft: undefined, hasIptables: false, ipsetNames: undefined },
      'inet vallum',
    );
    expect(chooseTool(bare, { rules: undefined, backend: undefined }, ['a'])).toMatch(
      /apt install nftables/,
    );
  });
});
