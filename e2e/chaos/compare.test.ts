import { describe, expect, it } from '@jest/globals';
import { compare, type Sight } from './compare.js';
import { compareDigests } from './digests.js';
import { Model } from './model.js';

const now = 1_000;

function sight(node: string, members: Record<string, number>, more: Partial<Sight> = {}): Sight {
  return {
    node,
    members: new Map(Object.entries(members)),
    accepts: () => true,
    keepsEnds: true,
    ...more,
  };
}

/** Bans of these addresses, confirmed. */
function banned(ends: Record<string, number>): Model {
  const model = new Model();
  for (const [address, until] of Object.entries(ends)) {
    model.claim({ action: 'ban', address, origin: 'web1', stamp: 1, until }).confirmedMs = 1;
  }
  return model;
}

describe('the comparison', () => {
  const model = banned({ '192.0.2.1': Infinity, '192.0.2.2': 2_000 });
  const right = { '192.0.2.1': Infinity, '192.0.2.2': 2_001 };

  it('says nothing of sets that are right', () => {
    expect(compare(model, [sight('fw1', right), sight('fw2', right)], now)).toEqual([]);
  });

  it.each([
    ['a member that is missing', { '192.0.2.2': 2_000 }, '192.0.2.1'],
    ['one too many', { ...right, '192.0.2.9': 2_000 }, '192.0.2.9'],
    ['one that ends too early', { ...right, '192.0.2.2': 1_900 }, '192.0.2.2'],
    ['one that ends too late', { ...right, '192.0.2.2': 2_100 }, '192.0.2.2'],
    ['one that ends at all', { ...right, '192.0.2.1': 90_000 }, '192.0.2.1'],
    ['one that does not end', { ...right, '192.0.2.2': Infinity }, '192.0.2.2'],
  ])('reports %s, with its node', (_, wrong, address) => {
    const found = compare(model, [sight('fw1', right), sight('fw2', wrong)], now);
    expect(found.map((one) => [one.node, one.address])).toEqual([['fw2', address]]);
  });

  it('does not ask a set without timeouts for ends', () => {
    const without = { '192.0.2.1': Infinity, '192.0.2.2': Infinity };
    expect(compare(model, [sight('fw1', without, { keepsEnds: false })], now)).toEqual([]);
  });

  it('wants nothing of what a node does not accept, and reports it where it is there', () => {
    const accepts = (address: string) => address !== '192.0.2.1';
    expect(compare(model, [sight('fw1', { '192.0.2.2': 2_000 }, { accepts })], now)).toEqual([]);
    const [difference] = compare(model, [sight('fw1', right, { accepts })], now);
    expect(difference).toMatchObject({ address: '192.0.2.1', wanted: 'not banned' });
  });

  it('leaves out what ends in these seconds', () => {
    const ending = banned({ '192.0.2.1': now + 2, '192.0.2.2': now - 2 });
    expect(
      compare(ending, [sight('fw1', { '192.0.2.1': now + 2 }), sight('fw2', {})], now),
    ).toEqual([]);
  });

  it('takes either answer of what is in doubt, if it is the same everywhere', () => {
    const doubtful = banned({ '192.0.2.1': Infinity });
    const lift = { action: 'unban', address: '192.0.2.1', origin: '', stamp: 2, until: 0 } as const;
    doubtful.claim(lift);
    const [yes, no] = [{ '192.0.2.1': Infinity }, {}];
    expect(compare(doubtful, [sight('fw1', yes), sight('fw2', yes)], now)).toEqual([]);
    expect(compare(doubtful, [sight('fw1', no), sight('fw2', no)], now)).toEqual([]);
    const found = compare(doubtful, [sight('fw1', yes), sight('fw2', no), sight('fw3', yes)], now);
    expect(found.map(({ node }) => node)).toEqual(['fw2']);
  });
});

describe('the comparison of digests', () => {
  it('says nothing where all are equal', () => {
    expect(compareDigests(new Map(Object.entries({ fw1: 'a', fw2: 'a' })))).toEqual([]);
  });

  it('reports who differs from most, and who says nothing', () => {
    const said = { fw1: 'b', fw2: 'a', fw3: 'a', fw4: 'no status' };
    const found = compareDigests(new Map(Object.entries(said)));
    expect(found.map(({ node }) => node)).toEqual(['fw1', 'fw4']);
  });
});
