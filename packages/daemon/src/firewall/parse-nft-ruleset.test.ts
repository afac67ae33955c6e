import { describe, expect, it } from '@jest/globals';
import { parseNftRuleset } from './parse-nft-ruleset.js';

/** As nft 1.0.6 prints it, one rule of each kind. */
const RULESET = JSON.stringify({
  nftables: [
    { metainfo: { version: '1.0.6', json_schema_version: 1 } },
    { table: { family: 'inet', name: 'vallum', handle: 3 } },
    { set: { family: 'inet', name: 'S', table: 'vallum', type: 'ipv4_addr', flags: ['timeout'] } },
    { chain: { family: 'inet', table: 'vallum', name: 'own', handle: 1 } },
    {
      chain: {
        ...{ family: 'inet', table: 'vallum', name: 'input', handle: 2 },
        ...{ type: 'filter', hook: 'input', prio: -10, policy: 'accept' },
      },
    },
    {
      chain: {
        ...{ family: 'inet', table: 'vallum', name: 'out', handle: 3 },
        ...{ type: 'filter', hook: 'output', prio: 0, policy: 'accept' },
      },
    },
    rule([{ jump: { target: 'own' } }]),
    rule([
      { match: { op: 'in', left: { ct: { key: 'state' } }, right: ['established', 'related'] } },
      { accept: null },
    ]),
    rule([
      { match: { op: '==', left: source('ip'), right: '@S' } },
      { counter: { packets: 0, bytes: 0 } },
      { drop: null },
    ]),
    rule([
      { match: { op: '==', left: { payload: { protocol: 'tcp', field: 'dport' } }, right: 22 } },
      { match: { op: '!=', left: source('ip6'), right: '@S6' } },
      { reject: { type: 'tcp reset' } },
    ]),
    rule([{ xt: { type: 'match', name: 'set' } }, { counter: {} }, { drop: null }]),
    rule([{ counter: { packets: 0, bytes: 0 } }, { accept: null }]),
    { rule: { family: 'arp', table: 'x', chain: 'y', handle: 9, expr: [{ drop: null }] } },
  ],
});

function rule(expr: readonly unknown[]) {
  return { rule: { family: 'inet', table: 'vallum', chain: 'input', handle: 6, expr } };
}

function source(protocol: string) {
  return { payload: { protocol, field: 'saddr' } };
}

describe('what nft prints as JSON', () => {
  const [table] = parseNftRuleset(RULESET)!;

  it('is read with the chains that the kernel enters for what comes in', () => {
    expect(table).toMatchObject({
      name: 'nft inet vallum',
      sets: 'nftables',
      families: ['ipv4', 'ipv6'],
      bases: [{ chain: 'input', hook: 'input' }],
    });
  });

  it('gives each rule its sets, conditions and verdict', () => {
    const none: unknown[] = [];
    const rules = table!.chains.get('input')!;
    expect(rules.map((r) => [r.references, r.always, r.onlySets, r.verdict.kind])).toEqual([
      [none, true, true, 'jump'],
      [none, false, false, 'accept'],
      [[{ set: 'S', source: true, negated: false }], false, true, 'drop'],
      [[{ set: 'S6', source: true, negated: true }], false, false, 'drop'],
      [none, false, false, 'drop'],
      [none, true, true, 'accept'],
    ]);
  });

  it('is nothing where it is something else', () => {
    expect(parseNftRuleset('nope')).toBeUndefined();
    expect(parseNftRuleset('{}')).toBeUndefined();
    expect(parseNftRuleset('{"nftables":[null,7,{"rule":7}]}')).toEqual([]);
  });
});
