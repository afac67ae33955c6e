import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { S, S6, addForeign, settle, start, timed, timed6 } from '../enforce/enforcer.fixture.js';
import { parseAddress } from '../address/parse.js';
import { compareAddresses } from '../address/contain.js';
import type { LeaseRecord } from '../enforce/lease-record.js';
import type { LeasesOptions, Vallum } from './vallum-types.js';

async function leases(node: Vallum, options?: LeasesOptions): Promise<LeaseRecord[]> {
  const found: LeaseRecord[] = [];
  for await (const lease of node.leases(S, options)) found.push(lease);
  return found;
}

async function addresses(node: Vallum, options?: LeasesOptions): Promise<string[]> {
  return (await leases(node, options)).map(({ address }) => address);
}

describe('explain', () => {
  it('tells every lease of an address and of the prefixes around it, the longest first', async () => {
    const { node, clock } = await start([timed]);
    const now = clock.nowMs() / 1000;
    await node.ban('198.51.100.0/24', { origin: 'feed', until: 'never' });
    await node.ban('198.51.100.7', { origin: 'web1.sshd', timeoutSeconds: 60, reason: 'x' });
    await node.ban('198.51.100.7', { origin: 'ids', timeoutSeconds: 600 });
    const { blocked, standings, ...rest } = await node.explain('198.51.100.7');
    expect(blocked).toBe(true);
    expect(rest).toEqual({ address: '198.51.100.7', more: 0 });
    expect(standings).toMatchObject([
      {
        address: '198.51.100.0/24',
        relation: 'around',
        until: 'never',
        enforcement: { state: 'enforced', kernelSet: S },
        records: [{ kind: 'lease', origin: 'feed', live: true }],
      },
      {
        address: '198.51.100.7',
        relation: 'same',
        until: now + 600,
        records: [
          { origin: 'ids', until: now + 600 },
          { origin: 'web1.sshd', until: now + 60, reason: 'x' },
        ],
      },
    ]);
    await node.close();
  });

  it('tells what was withdrawn, by whom, and that nothing blocks it any more', async () => {
    const { node } = await start([timed]);
    await node.ban('192.0.2.1', { origin: 'a', timeoutSeconds: 60 });
    await node.unban('192.0.2.1', { origin: 'a' });
    await node.ban('192.0.2.2', { origin: 'a', timeoutSeconds: 60 });
    await node.unban('192.0.2.2');
    const [one, two] = [await node.explain('192.0.2.1'), await node.explain('192.0.2.2')];
    expect(one).toMatchObject({
      blocked: false,
      standings: [{ records: [{ kind: 'withdrawal', origin: 'a', live: false }] }],
    });
    expect(one.standings[0]).not.toHaveProperty('enforcement');
    expect(two.standings[0]?.records).toMatchObject([{ kind: 'sweep', origin: '' }]);
    await node.close();
  });

  it('tells what lies inside a prefix, a hundred at most, and how many more', async () => {
    const { node } = await start([timed]);
    const inside = Array.from({ length: 130 }, (_, index) => `198.18.3.${String(index)}`);
    await node.ban([...inside, '198.18.4.1'], { timeoutSeconds: 60 });
    const { blocked, standings, more } = await node.explain('198.18.3.0/24');
    expect({ blocked, more }).toEqual({ blocked: false, more: 30 });
    expect(standings).toHaveLength(100);
    expect(new Set(standings.map(({ relation }) => relation))).toEqual(new Set(['inside']));
    await node.close();
  });

  it('says what protects an address, and that a lease of it is refused', async () => {
    const { node } = await start([timed]);
    await node.ban('192.0.2.9', { timeoutSeconds: 60 });
    await node.reconfigure({
      topics: ['blacklist'],
      policy: { protect: ['192.0.2.8/30'], protectHost: false },
    });
    await settle();
    expect(await node.explain('192.0.2.9')).toMatchObject({
      blocked: false,
      protected: { address: '192.0.2.8/30', because: 'protect list' },
      standings: [{ enforcement: { state: 'refused', code: 'protected' } }],
    });
    await node.close();
  });

  it('says that a ban waits, for a set that is not there or that is full', async () => {
    const { node } = await start([]);
    await node.ban('192.0.2.9', { timeoutSeconds: 60 });
    expect((await node.explain('192.0.2.9')).standings[0]?.enforcement).toMatchObject({
      state: 'pending',
      detail: expect.stringContaining('does not exist') as unknown as string,
    });
    await node.close();
    const full = await start([{ ...timed, maxEntries: 1 }]);
    await full.node.ban(['192.0.2.1', '192.0.2.2'], { timeoutSeconds: 60 });
    await full.pass(1_000);
    expect(await full.node.explain('192.0.2.2')).toMatchObject({
      blocked: false,
      standings: [{ enforcement: { state: 'pending', detail: `set ${S} is full` } }],
    });
    await full.node.close();
  });

  it('says that an entry of somebody else stands there', async () => {
    const { node, memory } = await start([timed]);
    await addForeign(memory, '192.0.2.3');
    await node.ban('192.0.2.3', { origin: 'a', timeoutSeconds: 60 });
    expect(await node.explain('192.0.2.3')).toMatchObject({
      blocked: true,
      standings: [{ enforcement: { state: 'held-by-other', kernelSet: S } }],
    });
    await node.close();
  });

  it('finds an IPv6 address in the set beside', async () => {
    const { node } = await start([timed, timed6]);
    await node.ban('2001:db8:1::/48', { timeoutSeconds: 60 });
    expect(await node.explain('2001:db8:1:2::3')).toMatchObject({
      blocked: true,
      standings: [{ set: S, relation: 'around', enforcement: { kernelSet: S6 } }],
    });
    await node.close();
  });

  it('refuses what is no address, and a set that is not served', async () => {
    const { node } = await start([timed]);
    await expect(node.explain('010.1.1.1')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
    await expect(node.explain('192.0.2.1', { set: 'other' })).rejects.toThrow(/blacklist/);
    expect(() => node.digest('other')).toThrow(/blacklist/);
    expect(() => node.leases(S, { limit: -1 })).toThrow(/limit/);
    await node.close();
  });
});

describe('leases', () => {
  it('of a set come by origin, time, end and prefix', async () => {
    const { node, clock } = await start([timed]);
    await node.ban('192.0.2.1', { origin: 'web1.sshd', timeoutSeconds: 60 });
    await node.ban('192.0.2.2', { origin: 'web1.nginx', timeoutSeconds: 6_000 });
    clock.advance(10_000);
    const since = new Date(clock.nowMs());
    await node.ban('198.51.100.0/24', { origin: 'feed', until: 'never' });
    await node.ban('198.51.100.9', { timeoutSeconds: 60 });
    const bySort = (options: LeasesOptions) => addresses(node, { sort: 'address', ...options });
    expect(await bySort({ origin: 'web1.sshd' })).toEqual(['192.0.2.1']);
    expect(await bySort({ origin: 'web1.*' })).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await bySort({ origin: '' })).toEqual(['198.51.100.9']);
    expect(await bySort({ since })).toEqual(['198.51.100.0/24', '198.51.100.9']);
    const endingBy = new Date(clock.nowMs() + 100_000);
    expect(await bySort({ endingBy })).toEqual(['192.0.2.1', '198.51.100.9']);
    expect(await bySort({ within: '198.51.100.0/24' })).toHaveLength(2);
    expect(await bySort({ within: '198.51.100.0/25' })).toEqual(['198.51.100.9']);
    expect(await bySort({ within: '2001:db8::/32' })).toEqual([]);
    await node.close();
  });

  it('leave out what is over or withdrawn, unless all is asked for', async () => {
    const { node, pass } = await start([timed]);
    await node.ban('192.0.2.1', { origin: 'a', timeoutSeconds: 5 });
    await node.ban('192.0.2.2', { origin: 'a', timeoutSeconds: 600 });
    await node.unban('192.0.2.2', { origin: 'a' });
    await node.ban('192.0.2.3', { origin: 'a', timeoutSeconds: 600 });
    await pass(3_000);
    expect(await addresses(node, { sort: 'address' })).toEqual(['192.0.2.1', '192.0.2.3']);
    await pass(3_000);
    expect(await addresses(node)).toEqual(['192.0.2.3']);
    const all = await leases(node, { all: true, sort: 'address' });
    expect(all.map(({ kind }) => kind)).toContain('withdrawal');
    await node.close();
  });

  it('come in pages, by what ends first and by what is youngest', async () => {
    const { node, clock } = await start([timed]);
    for (const [address, timeoutSeconds] of [
      ['192.0.2.3', 30],
      ['192.0.2.1', 10],
      ['192.0.2.2', 20],
    ] as const) {
      await node.ban(address, { timeoutSeconds });
      clock.advance(1_000);
    }
    await node.ban('192.0.2.4', { until: 'never' });
    expect(await addresses(node, { sort: 'until' })).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.3',
      '192.0.2.4',
    ]);
    expect(await addresses(node, { sort: 'since', limit: 2 })).toEqual(['192.0.2.4', '192.0.2.2']);
    expect(await addresses(node, { sort: 'until', offset: 1, limit: 2 })).toEqual([
      '192.0.2.2',
      '192.0.2.3',
    ]);
    await node.close();
  });

  it('are each there once, sorted by number, however many pieces they come in', async () => {
    const { node } = await start([timed, timed6]);
    const texts = Array.from(
      { length: 6_000 },
      (_, index) =>
        `198.18.${String((index * 7) % 256)}.${String((index * 13 + (index >> 8)) % 256)}`,
    );
    const distinct = [...new Set([...texts, '2001:db8::1', '2001:db8::/48'])];
    await node.ban(distinct, { timeoutSeconds: 60 });
    const sorted = await addresses(node, { sort: 'address' });
    const parsed = sorted
      .map((text) => parseAddress(text))
      .map((one) => (one.ok ? one.value : undefined));
    expect(new Set(sorted)).toEqual(new Set(distinct));
    expect(sorted).toHaveLength(distinct.length);
    for (let index = 1; index < parsed.length; index++) {
      const [one, other] = [parsed[index - 1], parsed[index]];
      expect(one && other && compareAddresses(one, other)).toBeLessThanOrEqual(0);
    }
    await node.close();
  });
});

describe('the digest', () => {
  it('is equal on two nodes exactly where their leases are', async () => {
    const one = await start([timed]);
    const two = await start([timed]);
    const until = Math.floor(one.clock.nowMs() / 1000) + 3_600;
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 250 }), async (last) => {
        const address = `192.0.2.${String(last)}`;
        await one.node.ban(address, { until, origin: 'a' });
        const before = two.node.digest(S);
        await two.node.ban(address, { until, origin: 'a' });
        expect(two.node.digest(S)).toBe(one.node.digest(S));
        expect(before).toMatch(/^[0-9a-f]{16}$/);
      }),
      { numRuns: 20 },
    );
    await one.node.ban('198.51.100.1', { until, origin: 'a' });
    expect(two.node.digest(S)).not.toBe(one.node.digest(S));
    await one.node.close();
    await two.node.close();
  });
});
