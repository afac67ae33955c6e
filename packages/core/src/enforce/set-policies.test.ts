import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createMemoryBroker } from '../testing/memory-broker.js';
import { createMemoryStore } from '../testing/memory-store.js';
import type { SetPolicy } from '../policy/set-policy.js';
import type { Report } from './report.js';
import { addForeign, S, settle, start, timed, untimed, type Bench } from './enforcer.fixture.js';

const HOUR = 3_600;
const as = (policy: SetPolicy) => ({ policies: { [S]: policy } });
const change = async ({ node }: Bench, policy?: SetPolicy): Promise<void> => {
  await node.reconfigure({
    topics: ['blacklist'],
    policy: { protectHost: false },
    ...(policy === undefined ? {} : as(policy)),
  });
  await settle();
};
const only = (reports: Report[]) => reports[0];

describe('a set that is observed', () => {
  it('tells what would be banned and until when, and leaves the kernel alone', async () => {
    const bench = await start([timed], as({ observe: true }));
    const { node, held, watched } = bench;
    expect(await node.ban('192.0.2.7', { timeoutSeconds: 60 })).toMatchObject([
      { outcome: 'refused', code: 'observe', detail: expect.stringContaining('would be banned') },
    ]);
    // Asked for again it is no more banned than before, though all of it is known.
    for (const timeoutSeconds of [60, 60, 90]) {
      expect(only(await node.ban('192.0.2.7', { timeoutSeconds }))).toMatchObject({
        ...{ outcome: 'refused', code: 'observe' },
      });
    }
    expect(node.status().sets).toMatchObject([{ bans: 0, pending: 0, observed: 1 }]);
    expect(await node.explain('192.0.2.7')).toMatchObject({
      blocked: false,
      standings: [{ enforcement: { state: 'refused', code: 'observe' } }],
    });
    expect(only(await node.unban('192.0.2.7'))).toMatchObject({
      outcome: 'refused',
      action: 'unban',
      code: 'observe',
    });
    expect(node.status().sets).toMatchObject([{ observed: 0 }]);
    await bench.pass(11_000);
    expect(await held()).toEqual([]);
    expect(watched.applied).toEqual([]);
    await node.close();
  });

  it('needs no set to be there', async () => {
    const { node } = await start([], as({ observe: true }));
    expect(await node.ban('192.0.2.7')).toMatchObject([{ code: 'observe' }]);
    expect(node.status().sets).toMatchObject([{ observed: 1, pending: 0 }]);
    await node.close();
  });

  it('loses no entry of somebody else to an unban, not even later', async () => {
    const bench = await start([timed], as({ observe: true }));
    await addForeign(bench.memory, '192.0.2.7');
    await bench.node.unban('192.0.2.7');
    await change(bench);
    await bench.pass(11_000);
    expect(await bench.held()).toEqual(['192.0.2.7']);
    await bench.node.close();
  });

  it('is emptied of our entries when it comes to be observed, and filled when it ceases to be', async () => {
    const bench = await start([timed]);
    await bench.node.ban('192.0.2.7');
    await change(bench, { observe: true });
    expect(await bench.held()).toEqual([]);
    await bench.node.ban('192.0.2.8');
    await change(bench);
    expect(await bench.held()).toEqual(['192.0.2.7', '192.0.2.8']);
    await bench.node.close();
  });

  it('is emptied of what a start finds there by us, and of nothing else', async () => {
    const store = createMemoryStore();
    const first = await start([untimed], { store });
    await first.node.ban('192.0.2.7');
    await first.node.close();
    const again = await start(first, { store, ...as({ observe: true }) });
    await again.pass(11_000);
    expect(await again.held()).toEqual([]);
    expect(again.node.status().sets).toMatchObject([{ observed: 1 }]);
    await again.node.close();
  });
});

describe('a longest ban', () => {
  it('ends a ban before its lease does, in a set that keeps time and in one that does not', async () => {
    for (const spec of [timed, untimed]) {
      const bench = await start([spec], as({ maxBanSeconds: HOUR }));
      const { node, held, pass } = bench;
      await node.ban('192.0.2.7', { until: 'never' });
      await node.ban('192.0.2.8', { timeoutSeconds: 60 });
      expect(await held()).toEqual(['192.0.2.7', '192.0.2.8']);
      if (spec === timed) expect(await bench.timeout('192.0.2.7')).toBe(HOUR);
      expect(await node.explain('192.0.2.7')).toMatchObject({
        standings: [{ enforcement: { detail: expect.stringContaining('shortened') } }],
      });
      await pass((HOUR + 2) * 1000);
      expect(await held()).toEqual([]);
      expect(await node.explain('192.0.2.7')).toMatchObject({
        standings: [{ enforcement: { state: 'refused', code: 'max-ban' } }],
      });
      await node.close();
    }
  });

  it('holds for bans that stand already, once it is set, and they come back when it is taken away', async () => {
    const bench = await start([untimed]);
    await bench.node.ban('192.0.2.7', { until: 'never' });
    await bench.pass(2 * HOUR * 1000);
    await change(bench, { maxBanSeconds: HOUR });
    expect(await bench.held()).toEqual([]);
    await change(bench);
    expect(await bench.held()).toEqual(['192.0.2.7']);
    await bench.node.close();
  });
});

describe('a quorum', () => {
  it('enforces a ban while so many hosts hold it', async () => {
    const { node, held, pass } = await start([untimed], as({ quorum: 2 }));
    const by = (origin: string, timeoutSeconds = HOUR) =>
      node.ban('192.0.2.7', { origin, timeoutSeconds });
    expect(only(await by('web1.sshd'))).toMatchObject({
      outcome: 'refused',
      code: 'quorum',
      detail: 'it waits for quorum: 1 of 2 hosts',
    });
    expect(only(await by('web1.nginx'))).toMatchObject({ code: 'quorum' });
    expect(await held()).toEqual([]);
    await pass(11_000);
    expect(node.status().sets).toMatchObject([
      { bans: 0, refused: 1, refusals: [{ code: 'quorum', count: 1 }] },
    ]);
    expect(only(await by('web2.sshd', 600))).toMatchObject({ outcome: 'banned' });
    expect(await held()).toEqual(['192.0.2.7']);
    await pass(601_000);
    expect(await held()).toEqual([]);
    await by('web2.sshd');
    expect(await held()).toEqual(['192.0.2.7']);
    await node.unban('192.0.2.7', { origin: 'web2.sshd' });
    expect(await held()).toEqual([]);
    await node.close();
  });

  it('is decided again when it is another one', async () => {
    const bench = await start([timed]);
    await bench.node.ban('192.0.2.7', { origin: 'web1.sshd' });
    await change(bench, { quorum: 2, quorumBy: 'detector' });
    expect(await bench.held()).toEqual([]);
    await bench.node.ban('192.0.2.7', { origin: 'web1.nginx' });
    expect(await bench.held()).toEqual(['192.0.2.7']);
    await change(bench, { quorum: 2 });
    expect(await bench.held()).toEqual([]);
    await bench.node.close();
  });
});

describe('a shortest ban', () => {
  const policy = { minBanSeconds: HOUR };

  it('goes on behind the end of its lease, also when its origin takes it back by then', async () => {
    for (const spec of [timed, untimed]) {
      const { node, held, pass } = await start([spec], as(policy));
      await node.ban('192.0.2.7', { origin: 'web1.sshd', timeoutSeconds: 600 });
      await pass(601_000);
      expect(await held()).toEqual(['192.0.2.7']);
      expect(only(await node.unban('192.0.2.7', { origin: 'web1.sshd' }))).toMatchObject({
        outcome: 'held',
        holders: [expect.stringContaining('policy')],
      });
      expect(await node.explain('192.0.2.7')).toMatchObject({
        blocked: true,
        standings: [{ enforcement: { detail: expect.stringContaining('prolonged') } }],
      });
      await pass(2_990_000);
      expect(await held()).toEqual(['192.0.2.7']);
      await pass(20_000);
      expect(await held()).toEqual([]);
      expect(await node.explain('192.0.2.7')).toMatchObject({ blocked: false });
      await node.close();
    }
  });

  it('is lifted by who asked for it before its lease is over, and by an unban of all at any time', async () => {
    const { node, held, pass } = await start([untimed], as(policy));
    await node.ban(['192.0.2.7', '192.0.2.8'], { origin: 'web1', timeoutSeconds: 600 });
    await node.unban('192.0.2.7', { origin: 'web1' });
    expect(await held()).toEqual(['192.0.2.8']);
    await pass(900_000);
    expect(await held()).toEqual(['192.0.2.8']);
    await node.unban('192.0.2.8');
    expect(await held()).toEqual([]);
    await pass(4_000_000);
    expect(node.status().sets).toMatchObject([{ bans: 0 }]);
    await node.close();
  });

  it('is told of a ban that comes only when its lease is over, as the set has it', async () => {
    const broker = createMemoryBroker();
    const options = { ...as(policy), transport: broker.transport('fw1') };
    const { node, clock, held, reports } = await start([timed], options);
    const transport = broker.transport('web1');
    transport.open({ message: () => Promise.resolve(), connection: () => undefined });
    const nowUnix = Math.floor(clock.nowMs() / 1000);
    const late = async (address: string, agoSeconds: number) => {
      const asked = nowUnix - agoSeconds;
      const payload = `${address} until ${String(asked + 60)} origin web1 at ${String(1000 * asked)}`;
      await transport.publish({ topic: 'blacklist/add', payload });
      await settle();
    };
    await late('192.0.2.7', 600);
    await late('192.0.2.8', 2 * HOUR);
    expect(reports).toMatchObject([
      { outcome: 'banned', address: '192.0.2.7', until: nowUnix - 600 + HOUR },
      { outcome: 'ended', address: '192.0.2.8' },
    ]);
    expect(await held()).toEqual(['192.0.2.7']);
    await node.close();
  });

  it('outlives a restart', async () => {
    const store = createMemoryStore();
    const first = await start([untimed], { store, ...as(policy) });
    await first.node.ban('192.0.2.7', { origin: 'web1', timeoutSeconds: 60 });
    await first.pass(100_000);
    await first.node.unban('192.0.2.7', { origin: 'web1' });
    await first.node.close();
    const again = await start(first, { store, ...as(policy) });
    await again.pass(11_000);
    expect(await again.held()).toEqual(['192.0.2.7']);
    await again.pass(3_600_000);
    expect(await again.held()).toEqual([]);
    await again.node.close();
  });
});

describe('an escalation', () => {
  it('keeps an address longer with each ban that was over before', async () => {
    const policy = { escalateSeconds: [HOUR, 24 * HOUR] };
    const { node, timeout, pass } = await start([timed], as(policy));
    const ban = () => node.ban('192.0.2.7', { origin: 'web1', timeoutSeconds: 600 });
    await ban();
    expect(await timeout('192.0.2.7')).toBe(600);
    await pass(2 * HOUR * 1000);
    expect(await timeout('192.0.2.7')).toBeUndefined();
    await ban();
    expect(await timeout('192.0.2.7')).toBe(HOUR);
    await pass(2 * HOUR * 1000);
    await ban();
    expect(await timeout('192.0.2.7')).toBe(24 * HOUR);
    expect(await node.explain('192.0.2.7')).toMatchObject({
      standings: [{ enforcement: { detail: expect.stringContaining('banned 2 times before') } }],
    });
    // Whoever lifts it for all forgives what was before.
    await node.unban('192.0.2.7');
    await pass(1_000);
    await ban();
    expect(await timeout('192.0.2.7')).toBe(600);
    await node.close();
  });
});

describe('policies', () => {
  it('are told in a list, which names what they keep banned, too', async () => {
    const listed = async ({ node }: Bench, sort?: 'address') => {
      const found = [];
      for await (const { address, policy } of node.leases('blacklist', sort && { sort })) {
        found.push([address, policy]);
      }
      return found;
    };
    const bench = await start([timed], as({ minBanSeconds: HOUR, quorum: 2 }));
    await bench.node.ban('192.0.2.7', { origin: 'a.x', timeoutSeconds: 60 });
    await bench.node.ban('192.0.2.8', { origin: 'a.x', timeoutSeconds: 5 * HOUR });
    await bench.node.ban('192.0.2.8', { origin: 'b.x', timeoutSeconds: 5 * HOUR });
    await bench.pass(61_000);
    for (const sort of [undefined, 'address'] as const) {
      expect((await listed(bench, sort)).sort()).toEqual([
        ['192.0.2.8', 'held by 2 of 2 hosts'],
        ['192.0.2.8', 'held by 2 of 2 hosts'],
      ]);
    }
    await change(bench, { minBanSeconds: HOUR, observe: true });
    expect((await listed(bench, 'address'))[0]).toEqual([
      '192.0.2.7',
      expect.stringMatching(/^the set is only observed; prolonged, it lasts until /),
    ]);
    await change(bench);
    expect(await listed(bench, 'address')).toEqual([
      ['192.0.2.8', undefined],
      ['192.0.2.8', undefined],
    ]);
    await bench.node.close();
  });

  it('changed while it runs end where a start with them does', async () => {
    const anyPolicy: fc.Arbitrary<SetPolicy> = fc.record(
      {
        widen: fc.record({ ipv4: fc.constantFrom(24, 30, 31) }),
        quorum: fc.integer({ min: 1, max: 2 }),
        observe: fc.boolean(),
        minBanSeconds: fc.constantFrom(100, 1_000),
        maxBanSeconds: fc.constantFrom(1_000, 5_000),
        escalateSeconds: fc.constantFrom([200], [200, 900]),
      },
      { requiredKeys: [] },
    );
    const anyBan = fc.record({
      address: fc.nat(5).map((low) => `203.0.113.${String(low)}`),
      origin: fc.constantFrom('a.x', 'b.x', 'b.y'),
      timeoutSeconds: fc.integer({ min: 1, max: 900 }),
      wait: fc.nat(300),
      isUnban: fc.boolean(),
    });
    const history = fc.tuple(anyPolicy, anyPolicy, fc.array(anyBan, { maxLength: 10 }));
    await fc.assert(
      fc.asyncProperty(history, async ([before, policy, bans]) => {
        const remembering = { minBanSeconds: 1, escalateSeconds: [1], ...before };
        const store = createMemoryStore();
        const bench = await start([untimed], { store, ...as(remembering) });
        for (const { address, origin, timeoutSeconds, wait, isUnban } of bans) {
          if (isUnban) await bench.node.unban(address, { origin });
          else await bench.node.ban(address, { origin, timeoutSeconds });
          bench.clock.advance(1000 * wait);
          await settle();
        }
        await change(bench, { minBanSeconds: 1, escalateSeconds: [1], ...policy });
        await bench.node.reconcile();
        const running = await bench.held();
        await bench.node.close();
        const again = await start(bench, {
          store,
          ...as({ minBanSeconds: 1, escalateSeconds: [1], ...policy }),
        });
        await again.node.reconcile();
        expect(await again.held()).toEqual(running);
        await again.node.close();
      }),
      { numRuns: 60 },
    );
  });

  it.each<[Record<string, SetPolicy>, string]>([
    [{ blacklst: {} }, 'blacklst'],
    [{ [S]: { quorum: 0 } }, 'quorum'],
    [{ [S]: { widen: { ipv4: 33 } } }, 'widen'],
    [{ [S]: { minBanSeconds: 61, maxBanSeconds: 60 } }, 'longer'],
    [{ [S]: { escalateSeconds: [60, 60] } }, 'escalate'],
    [{ [S]: { escalateSeconds: [60, 90], maxBanSeconds: 70 } }, 'escalate'],
  ])('that cannot be meant are refused: %j', async (policies, word) => {
    await expect(start([timed], { policies })).rejects.toThrow(word);
  });
});
