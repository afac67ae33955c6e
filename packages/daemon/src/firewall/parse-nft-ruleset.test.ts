import { describe, expect, it } from '@jest/globals';
import { services } from './packet-space.js';
import { parseNftRuleset, parseNftTexts } from './parse-nft-ruleset.js';
import type { Case } from './ruleset.js';

const CHAIN = {
  ...{ family: 'inet', table: 'vallum', name: 'input', handle: 2 },
  ...{ type: 'filter', hook: 'input', prio: -10, policy: 'drop' },
};

function ruleset(...rules: readonly (readonly unknown[])[]): string {
  return JSON.stringify({
    nftables: [
      { metainfo: { version: '1.0.6', json_schema_version: 1 } },
      { table: { family: 'inet', name: 'vallum', handle: 3 } },
      {
        set: { family: 'inet', name: 'S', table: 'vallum', type: 'ipv4_addr', flags: ['timeout'] },
      },
      { chain: { family: 'inet', table: 'vallum', name: 'own', handle: 1 } },
      { chain: CHAIN },
      { chain: { ...CHAIN, name: 'out', hook: 'output' } },
      ...rules.map((expr, handle) => ({
        rule: { family: 'inet', table: 'vallum', chain: 'input', handle, expr },
      })),
      { rule: { family: 'arp', table: 'x', chain: 'y', handle: 9, expr: [{ drop: null }] } },
    ],
  });
}

function payload(protocol: string, field: string) {
  return { payload: { protocol, field } };
}

function matching(left: unknown, right: unknown, op = '==') {
  return { match: { op, left, right } };
}

const NAMED = new Map([['inet vallum web', [80, { range: [8000, 8100] }]]]);

/** The cases of one rule. */
function cases(family: 'ipv4' | 'ipv6', ...expr: readonly unknown[]): readonly Case[] {
  const tables = parseNftRuleset(ruleset(expr), { named: NAMED })!;
  return tables.find((table) => table.family === family)!.chains.get('input')![0]!.cases;
}

const regions = (found: readonly Case[]) => found.map(({ condition }) => condition.region);

describe('what nft prints as JSON', () => {
  it('is read for each family, with the chains that the kernel enters for what comes in', () => {
    const tables = parseNftRuleset(ruleset())!;
    expect(tables.map(({ family, home }) => [family, home])).toEqual([
      ['ipv4', 'inet vallum'],
      ['ipv6', 'inet vallum'],
    ]);
    expect(tables[0]).toMatchObject({ name: 'nft inet vallum', sets: 'nftables' });
    expect(tables[0]!.declared).toEqual(new Set(['S']));
    expect(tables[0]!.bases).toEqual([
      { chain: 'input', hook: 'input', type: 'filter', priority: -10, policy: 'drop' },
    ]);
  });

  it('gives a rule its set in the family of its addresses only', () => {
    const rule = [
      matching(payload('ip', 'saddr'), '@S'),
      { counter: { packets: 0 } },
      { drop: null },
    ];
    expect(cases('ipv4', ...rule)).toMatchObject([
      {
        condition: { sets: [{ set: 'S', source: true, negated: false }] },
        verdict: { kind: 'drop' },
      },
    ]);
    expect(cases('ipv6', ...rule)).toEqual([]);
  });

  it.each<[string, unknown, unknown]>([
    ['a port', matching(payload('tcp', 'dport'), 22), { service: services(6, [22, 23]) }],
    [
      'other ports',
      matching(payload('tcp', 'dport'), 22, '!='),
      { service: services(6, [0, 22, 23, 65536]) },
    ],
    [
      'high ports',
      matching(payload('tcp', 'dport'), 1024, '>='),
      { service: services(6, [1024, 65536]) },
    ],
    [
      'low ports',
      matching(payload('tcp', 'dport'), 1024, '<'),
      { service: services(6, [0, 1024]) },
    ],
    [
      'a set of a name',
      matching(payload('tcp', 'dport'), '@web'),
      { service: services(6, [80, 81, 8000, 8101]) },
    ],
    [
      'ports in a set',
      matching(payload('udp', 'dport'), { set: [53, { elem: { val: 67, comment: 'x' } }] }),
      { service: services(17, [53, 54, 67, 68]) },
    ],
    [
      'a source port',
      matching(payload('udp', 'sport'), 67),
      { sport: [67, 68], service: services(17) },
    ],
    [
      'interfaces',
      matching({ meta: { key: 'iifname' } }, { set: ['eth*', 'lo'] }),
      { iif: ['eth', 'eti', 'lo', 'lo\0'] },
    ],
    [
      'a network',
      matching(payload('ip', 'daddr'), { prefix: { addr: '192.0.2.0', len: 24 } }),
      { dst: [0xc0000200, 0xc0000300] },
    ],
    ['states', matching({ ct: { key: 'state' } }, ['established', 'new'], 'in'), { ct: [0, 4] }],
    [
      'what was translated',
      matching({ ct: { key: 'status' } }, 'dnat', 'in'),
      { ct: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10] },
    ],
    [
      'its own addresses',
      matching({ fib: { result: 'type', flags: ['daddr'] } }, 'local'),
      { kind: [0, 1] },
    ],
    [
      'a question',
      matching(payload('icmp', 'type'), 'echo-request'),
      { service: services(1, [2048, 2304]) },
    ],
    [
      'SYN',
      matching({ '&': [payload('tcp', 'flags'), ['fin', 'syn', 'rst', 'ack']] }, 'syn'),
      { service: services(6) },
    ],
    ['its family', matching({ meta: { key: 'nfproto' } }, 'ipv4'), {}],
    ['a way back', matching({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, true), {}],
  ])('understands %s', (_name, expression, region) => {
    const found = cases('ipv4', expression, { accept: null });
    expect(regions(found).map((one) => ({ ...one }))).toEqual([
      typeof region === 'object' && region && 'ct' in region && (region.ct as number[]).length > 2
        ? { ct: expect.anything() }
        : region,
    ]);
    expect(found).toMatchObject([{ condition: { opaque: false, sometimes: false } }]);
  });

  it.each([
    ['the other family', matching({ meta: { key: 'nfproto' } }, 'ipv6')],
    ['its header', matching(payload('ip6', 'daddr'), 'fe80::1')],
    ['no way back', matching({ fib: { result: 'oif', flags: ['saddr', 'iif'] } }, false)],
    ['an answer', matching({ ct: { key: 'direction' } }, 'reply')],
    ['ACK', matching({ '&': [payload('tcp', 'flags'), ['syn', 'ack']] }, 'ack')],
  ])('knows that no new connection is %s', (_name, expression) => {
    expect(cases('ipv4', expression, { accept: null })).toEqual([]);
  });

  it.each([
    ['bits', matching({ payload: { base: 'th', offset: 16, len: 8 } }, 0), 'opaque'],
    ['the hour', matching({ meta: { key: 'hour' } }, { range: ['10:00', '11:00'] }), 'opaque'],
    ['a set of ports that was not read', matching(payload('tcp', 'dport'), '@other'), 'opaque'],
    ['a match of iptables', { xt: { type: 'match', name: 'set' } }, 'opaque'],
    ['what comes with a later nft', { hologram: { of: 'x' } }, 'opaque'],
    ['a rate', { limit: { rate: 5, per: 'second' } }, 'sometimes'],
    ['chance', matching({ numgen: { mode: 'random', mod: 2 } }, 0), 'sometimes'],
    ['a TTL', matching(payload('ip', 'ttl'), 255), 'sometimes'],
  ])('says of %s that it does not know all', (_name, expression, which) => {
    expect(cases('ipv4', expression, { accept: null })).toMatchObject([
      { condition: { [which]: true }, verdict: { kind: 'accept' } },
    ]);
  });

  it('reads a map of verdicts, and a concatenation, as a case for each element', () => {
    const vmap = (key: unknown, set: unknown) => ({ vmap: { key, data: { set } } });
    const byPort = cases(
      'ipv4',
      vmap(payload('tcp', 'dport'), [
        [22, { accept: null }],
        [{ range: [80, 90] }, { jump: { target: 'own' } }],
      ]),
    );
    expect(byPort.map(({ verdict }) => verdict)).toEqual([
      { kind: 'accept' },
      { kind: 'jump', chain: 'own' },
    ]);
    const left = { concat: [{ meta: { key: 'iifname' } }, payload('tcp', 'dport')] };
    expect(
      regions(cases('ipv4', matching(left, { set: [{ concat: ['eth0', 22] }] }), { accept: null })),
    ).toEqual([{ iif: ['eth0', 'eth0\0'], service: services(6, [22, 23]) }]);
    expect(cases('ipv4', { vmap: { key: payload('tcp', 'dport'), data: '@m' } })).toMatchObject([
      { condition: { opaque: true }, verdict: { kind: 'unknown' } },
    ]);
  });

  it('reads where a map sends what', () => {
    const map = {
      map: { key: payload('tcp', 'dport'), data: { set: [[91, { concat: ['192.0.2.7', 99] }]] } },
    };
    expect(cases('ipv4', { dnat: { family: 'ip', addr: map } })).toMatchObject([
      {
        condition: { region: { service: services(6, [91, 92]) } },
        verdict: { kind: 'dnat', dst: [0xc0000207, 0xc0000208], ports: [99, 100] },
      },
    ]);
  });

  it.each([
    [7, { kind: 'mark', and: 0, xor: 7 }],
    [{ '|': [{ meta: { key: 'mark' } }, 16] }, { kind: 'mark', and: 0xffffffef, xor: 16 }],
    [{ '&': [{ meta: { key: 'mark' } }, 255] }, { kind: 'mark', and: 255, xor: 0 }],
    [{ ct: { key: 'mark' } }, { kind: 'restore' }],
    [{ numgen: {} }, { kind: 'mark-lost' }],
  ])('follows the mark %j', (value, change) => {
    const found = cases('ipv4', { mangle: { key: { meta: { key: 'mark' } }, value } });
    expect(found).toMatchObject([{ changes: [change], verdict: { kind: 'none' } }]);
  });

  it('is nothing where it is something else', () => {
    expect(parseNftRuleset('nope')).toBeUndefined();
    expect(parseNftRuleset('{}')).toBeUndefined();
    expect(parseNftRuleset('{"nftables":[null,7,{"rule":7},{"chain":[]}]}')).toEqual([]);
  });
});

describe('what nft prints as text', () => {
  it('gives each rule its words, by table, chain and handle', () => {
    const texts = parseNftTexts(
      [
        'table inet filter { # handle 1',
        '\tset x { # handle 6',
        '\t\ttype ipv4_addr',
        '\t}',
        '\tchain input { # handle 2',
        '\t\ttype filter hook ingress device "eth0" priority -500; policy accept;',
        '\t\ttcp dport 80 accept comment "# handle 3" # handle 7',
        '\t}',
        '}',
      ].join('\n'),
    );
    expect([...texts]).toEqual([
      [
        'inet filter input',
        '\t\ttype filter hook ingress device "eth0" priority -500; policy accept;',
      ],
      ['inet filter input 7', 'tcp dport 80 accept comment "# handle 3"'],
    ]);
  });
});
