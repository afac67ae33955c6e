import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { SetPolicy } from '../policy/set-policy.js';
import { createMemoryStore } from '../testing/memory-store.js';
import {
  addForeign,
  S,
  settle,
  start,
  timed,
  timed6,
  untimed,
  type Bench,
} from './enforcer.fixture.js';
import type { Report } from './report.js';

const as = (policy: SetPolicy) => ({ policies: { [S]: policy } });
const change = async (
  { node }: Bench,
  policy: SetPolicy = {},
  protect: readonly string[] = [],
): Promise<void> => {
  await node.reconfigure({
    topics: ['blacklist'],
    policy: { protectHost: false, protect },
    ...as(policy),
  });
  await settle();
};
const only = (reports: Report[]) => reports[0];

describe('widening', () => {
  const widen = { ipv4: 24, ipv6: 64 };

  it('bans the network for as long as one of its addresses is banned, and leases keep the address', async () => {
    const { node, held, pass } = await start([untimed, timed6], as({ widen }));
    await node.ban('203.0.113.7', { timeoutSeconds: 60 });
    await node.ban('203.0.113.9', { timeoutSeconds: 600 });
    await node.ban('2001:db8:0:1::7');
    await node.ban('198.51.0.0/16');
    expect(await held()).toEqual(['198.51.0.0/16', '203.0.113.0/24']);
    expect(await held('blacklist6' as typeof S)).toEqual(['2001:db8:0:1::/64']);
    const leases = [];
    for await (const { address } of node.leases('blacklist', { sort: 'address' })) {
      leases.push(address);
    }
    expect(leases).toEqual(['198.51.0.0/16', '203.0.113.7', '203.0.113.9', '2001:db8:0:1::7']);
    expect(await node.explain('203.0.113.200')).toMatchObject({
      blocked: true,
      standings: [
        { address: '203.0.113.9', relation: 'beside' },
        { address: '203.0.113.7', relation: 'beside' },
      ],
    });
    expect(await node.explain('203.0.113.7')).toMatchObject({
      standings: [
        { relation: 'same', enforcement: { detail: 'widened to 203.0.113.0/24' } },
        { relation: 'beside' },
      ],
    });
    await pass(61_000);
    expect(await held()).toContain('203.0.113.0/24');
    await pass(600_000);
    expect(await held()).toEqual(['198.51.0.0/16']);
    await node.close();
  });

  it('replaces what stands when it is set, when it changes and when it is taken away', async () => {
    const bench = await start([untimed]);
    await bench.node.ban('203.0.113.7');
    await change(bench, { widen: { ipv4: 24 } });
    expect(await bench.held()).toEqual(['203.0.113.0/24']);
    await change(bench, { widen: { ipv4: 28 } });
    expect(await bench.held()).toEqual(['203.0.113.0/28']);
    await change(bench);
    expect(await bench.held()).toEqual(['203.0.113.7']);
    await bench.node.close();
  });

  it.each([
    ['was set', {}, { ipv4: 24 }, '203.0.113.0/24'],
    ['has changed', { ipv4: 24 }, { ipv4: 28 }, '203.0.113.0/28'],
    ['was taken away', { ipv4: 24 }, {}, '203.0.113.7'],
    ['is as it was', { ipv4: 24 }, { ipv4: 24 }, '203.0.113.0/24'],
  ])('leaves nothing behind where it %s between two runs', async (_, before, after, expected) => {
    for (const compacts of [false, true]) {
      const store = createMemoryStore();
      const first = await start([untimed], { store, ...as({ widen: before }) });
      await first.node.ban('203.0.113.7');
      if (compacts) await first.pass(5_000);
      await first.node.close();
      const again = await start(first, { store, ...as({ widen: after }) });
      await again.pass(11_000);
      expect(await again.held()).toEqual([expected]);
      await again.node.unban('203.0.113.7');
      expect(await again.held()).toEqual([]);
      await again.node.close();
    }
  });

  it('bans the address alone where its network holds a protected one, and follows what is protected', async () => {
    const bench = await start([timed], as({ widen }));
    const { node, held } = bench;
    await node.ban('203.0.113.7', { timeoutSeconds: 60 });
    await node.ban('203.0.113.9', { timeoutSeconds: 600 });
    expect(await held()).toEqual(['203.0.113.0/24']);
    await change(bench, { widen }, ['203.0.113.9']);
    expect(await held()).toEqual(['203.0.113.7']);
    expect(bench.reports.at(-1)).toMatchObject({
      ...{ outcome: 'refused', code: 'protected', address: '203.0.113.9', via: 'policy' },
    });
    expect(await node.explain('203.0.113.7')).toMatchObject({
      standings: [
        {
          enforcement: {
            state: 'enforced',
            detail:
              'not widened, since 203.0.113.0/24 holds 203.0.113.9, which is protected (protect list)',
          },
        },
      ],
    });
    expect(await node.explain('203.0.113.8')).toMatchObject({ blocked: false });
    await node.ban('203.0.113.8');
    expect(await held()).toEqual(['203.0.113.7', '203.0.113.8']);
    await node.unban('203.0.113.8');
    await change(bench, { widen });
    expect(await held()).toEqual(['203.0.113.0/24']);
    expect(await bench.timeout('203.0.113.0/24')).toBe(600);
    await node.close();
  });

  it('says what the set cannot do where it takes no prefixes, and bans the addresses', async () => {
    const bench = await start([{ ...timed, type: 'hash:ip' }], as({ widen }));
    const { node, held, warnings } = bench;
    expect(only(await node.ban('203.0.113.7'))).toMatchObject({ outcome: 'banned' });
    expect(await held()).toEqual(['203.0.113.7']);
    expect(warnings.filter((said) => said.includes('widened to /24'))).toEqual([
      'set blacklist is a hash:ip and takes single addresses only, so its bans are not widened to ' +
        '/24; make it again as a hash:net',
    ]);
    expect(await node.explain('203.0.113.7')).toMatchObject({
      standings: [
        {
          enforcement: {
            detail: 'not widened, since set blacklist takes single addresses only',
          },
        },
      ],
    });
    await node.close();
  });

  it('leaves a network of somebody else alone when an address in it is unbanned for all', async () => {
    const { node, memory, held } = await start([timed], as({ widen }));
    await addForeign(memory, '203.0.113.0', S, 24);
    await addForeign(memory, '198.51.100.9');
    await node.unban('203.0.113.9');
    await node.unban('198.51.100.9');
    expect(await held()).toEqual(['203.0.113.0/24']);
    await node.close();
  });

  it.each([
    ['widened', {}, { widen }, '203.0.113.0/24'],
    ['widened no more', { widen }, {}, '203.0.113.7'],
    ['only observed', { widen }, { observe: true }, undefined],
  ])(
    'leaves nothing behind of a ban that was on its way when the set came to be %s',
    async (_, before, after, expected) => {
      const bench = await start([untimed], as(before));
      const { node, watched, held } = bench;
      let open = (): void => undefined;
      watched.gate = new Promise((resolve) => (open = resolve));
      const banned = node.ban('203.0.113.7');
      await settle();
      const changed = change(bench, after);
      // A kernel that does not answer is not waited for.
      await bench.pass(3_000);
      open();
      watched.gate = undefined;
      await Promise.all([banned, changed]);
      await node.reconcile();
      await node.reconcile();
      expect(await held()).toEqual(expected === undefined ? [] : [expected]);
      await node.close();
    },
  );

  it('tells whose ban it is that keeps a network in the set', async () => {
    const { node } = await start([timed], as({ widen, quorum: 2 }));
    await node.ban('203.0.113.7', { origin: 'a.x' });
    await node.ban('203.0.113.7', { origin: 'b.x' });
    await node.ban('203.0.113.8', { origin: 'a.x' });
    expect(await node.explain('203.0.113.8')).toMatchObject({
      blocked: true,
      standings: [
        { relation: 'same', enforcement: { state: 'refused', code: 'quorum' } },
        { address: '203.0.113.7', relation: 'beside', enforcement: { state: 'enforced' } },
      ],
    });
    expect(await node.explain('203.0.113.0/24')).toMatchObject({ blocked: true });
    expect(await node.explain('203.0.113.128/25')).toMatchObject({ blocked: true });
    expect(await node.explain('203.0.112.0/23')).toMatchObject({ blocked: false });
    for (const unbanned of ['203.0.113.8', '203.0.113.0/24']) {
      expect(only(await node.unban(unbanned))).toMatchObject({
        outcome: 'held',
        holders: ['the ban of 203.0.113.7'],
      });
    }
    await node.close();
  });

  it('ends with what a look at every ban says, whatever is banned, protected and set in between', async () => {
    const network = (low: number, width: number) => low - (low % 2 ** (32 - width));
    const address = (low: number) => `203.0.113.${String(low)}`;
    const places = fc.constantFrom(0, 1, 2, 3, 64, 65, 66);
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ kind: fc.constant('ban'), low: places }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('unban'), low: places }) },
      { weight: 2, arbitrary: fc.record({ kind: fc.constant('protect'), low: places }) },
      {
        weight: 1,
        arbitrary: fc.record({ kind: fc.constant('widen'), low: fc.constantFrom(24, 26, 30, 32) }),
      },
      { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart'), low: fc.constant(0) }) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 14 }), async (steps) => {
        const store = createMemoryStore();
        let width = 26;
        let shielded: number[] = [];
        const settings = () => ({
          ...as({ widen: { ipv4: width } }),
          policy: { protect: shielded.map(address) },
        });
        let bench = await start([untimed], { store, ...settings() });
        await addForeign(bench.memory, '203.0.113.192', S, 26);
        const banned = new Set<number>();
        for (const { kind, low } of steps) {
          if (kind === 'ban') {
            // A call that bans a protected address is refused, and not kept.
            if (!shielded.includes(low)) banned.add(low);
            await bench.node.ban(address(low), { origin: 'a' });
          } else if (kind === 'unban') {
            banned.delete(low);
            await bench.node.unban(address(low));
          } else if (kind === 'restart') {
            await bench.node.close();
            bench = await start(bench, { store, ...settings() });
          } else {
            if (kind === 'widen') width = low;
            else shielded = shielded.includes(low) ? [] : [low];
            await bench.node.reconfigure({ topics: ['blacklist'], ...settings() });
            await settle();
          }
          // Whoever unbans moves on in time: a ban of the same moment would be overtaken.
          bench.clock.advance(1_000);
          await settle();
        }
        await bench.node.reconcile();
        const expected = new Set(['203.0.113.192/26']);
        for (const low of banned) {
          if (shielded.includes(low)) continue;
          const first = network(low, width);
          const holdsOne = shielded.some((other) => network(other, width) === first);
          const isAlone = width === 32 || holdsOne;
          expected.add(isAlone ? address(low) : `${address(first)}/${String(width)}`);
        }
        expect(await bench.held()).toEqual([...expected].sort());
        await bench.node.close();
      }),
      { numRuns: 60 },
    );
  });
});
