import { describe, expect, it } from '@jest/globals';
import type { MemoryBackend, MemorySetSpec } from '../backend/memory/memory-backend.js';
import { createMemoryStore } from '../testing/memory-store.js';
import { listMembers } from '../backend/list-members.js';
import {
  S,
  S6,
  timed,
  untimed,
  timed6,
  type Bench,
  settle,
  start,
  outcome,
  addForeign,
} from './enforcer.fixture.js';

describe('a ban', () => {
  it('is in the kernel set when it is answered, with the timeout that was asked for', async () => {
    const { node, held, timeout } = await start([timed]);
    expect(await node.ban(['192.0.2.7', '198.51.100.0/24'], { timeoutSeconds: 60 })).toMatchObject([
      { outcome: 'banned', address: '192.0.2.7', set: S, via: 'local', place: 'entry 1' },
      { outcome: 'banned', address: '198.51.100.0/24' },
    ]);
    expect(await held()).toEqual(['192.0.2.7', '198.51.100.0/24']);
    expect(await timeout('192.0.2.7')).toBe(60);
    await node.close();
  });

  it('takes the default timeout of its set where it names none', async () => {
    const { node, timeout, pass } = await start([{ ...timed, defaultTimeoutSeconds: 300 }]);
    expect(await outcome(node.ban('192.0.2.7'))).toMatchObject({ outcome: 'banned' });
    await node.ban('192.0.2.8', { until: 'never' });
    expect(await timeout('192.0.2.7')).toBe(300);
    expect(await timeout('192.0.2.8')).toBe(0);
    await pass(301_000);
    expect(node.status().sets).toMatchObject([{ bans: 1, pending: 0 }]);
    await node.close();
  });

  it('goes to the IPv6 set beside an IPv4 one, and is refused with a hint where there is none', async () => {
    const { node, held } = await start([timed, timed6]);
    expect(await outcome(node.ban('2001:db8::1'))).toMatchObject({ outcome: 'banned', set: S6 });
    expect(await held(S6)).toEqual(['2001:db8::1']);
    await node.close();
    const alone = await start([timed]);
    expect(await outcome(alone.node.ban('2001:db8::1'))).toMatchObject({
      outcome: 'refused',
      code: 'wrong-family',
      detail: expect.stringContaining(
        'ipset create blacklist6 hash:net family inet6',
      ) as unknown as string,
    });
    await alone.node.close();
  });

  it('of a protected address is refused, and lifted where the address becomes protected', async () => {
    const { node, held } = await start([timed], { policy: { protect: ['192.0.2.1'] } });
    expect(await outcome(node.ban('192.0.2.0/24'))).toMatchObject({ code: 'protected' });
    await node.ban(['192.0.2.7', '198.51.100.1']);
    await node.reconfigure({
      topics: ['blacklist'],
      policy: { protect: ['192.0.2.0/28'], protectHost: false },
    });
    await settle();
    expect(await held()).toEqual(['198.51.100.1']);
    await node.close();
  });

  it('that the kernel holds from before is lifted at start where its address is protected now', async () => {
    const store = createMemoryStore();
    const first = await start([timed], { store });
    await first.node.ban('192.0.2.7');
    await first.node.close();
    const again = await start(first, { store, policy: { protect: ['192.0.2.7'] } });
    expect(await again.held()).toEqual([]);
    expect(again.reports).toMatchObject([{ outcome: 'refused', code: 'protected' }]);
    await again.node.close();
    expect(store.pieces.at(-1)).toMatchObject({ note: 'cleared' });
  });

  it('that waited in a set which a netmask widens over a protected address is lifted too', async () => {
    const masked: MemorySetSpec = { ...timed, type: 'hash:ip', netmask: 24 };
    const { node, held } = await start([masked]);
    await node.ban('192.0.2.7');
    await node.reconfigure({
      topics: ['blacklist'],
      policy: { protect: ['192.0.2.1'], protectHost: false },
    });
    await settle();
    expect(await held()).toEqual([]);
    await node.close();
  });

  it('beyond the longest kernel timeout is renewed, also across a restart', async () => {
    const store = createMemoryStore();
    const first = await start([timed], { store });
    /** Nobody runs meanwhile, but the kernel. */
    const awayUntil = async (bench: Bench, seconds: number): Promise<Bench> => {
      await bench.node.close();
      bench.clock.advance(begunMs + seconds * 1000 - bench.clock.nowMs());
      return start(bench, { store });
    };
    const begunMs = first.clock.nowMs();
    await first.node.ban('192.0.2.7', { timeoutSeconds: 5_000_000 });
    expect(await first.timeout('192.0.2.7')).toBe(2_147_483);
    const second = await awayUntil(first, 1_073_000);
    expect(second.watched.applied).toEqual([]);
    await second.pass(1_000_000);
    expect(await second.timeout('192.0.2.7')).toBeGreaterThan(2_146_000);
    const third = await awayUntil(second, 3_000_000);
    expect(await third.timeout('192.0.2.7')).toBe(2_000_000);
    const last = await awayUntil(third, 4_999_000);
    expect(await last.held()).toEqual(['192.0.2.7']);
    await last.pass(1_001_000);
    expect(await last.held()).toEqual([]);
    await last.node.close();
  });

  it('in a set without timeouts is ended by Vallum, with a report', async () => {
    const { node, held, reports, pass } = await start([untimed]);
    await node.ban('192.0.2.7', { timeoutSeconds: 60 });
    await pass(59_000);
    expect(await held()).toEqual(['192.0.2.7']);
    await pass(1_000);
    expect(await held()).toEqual([]);
    expect(reports.at(-1)).toMatchObject({ outcome: 'ended', address: '192.0.2.7', via: 'ledger' });
    await node.close();
  });

  it('in a set without timeouts is ended where its time passed while Vallum was away', async () => {
    const store = createMemoryStore();
    const first = await start([untimed], { store });
    await first.node.ban(['192.0.2.7', '192.0.2.8'], { timeoutSeconds: 60 });
    await first.node.ban('192.0.2.9', { timeoutSeconds: 90 });
    await first.node.close();
    first.clock.advance(70_000);
    expect(await first.held()).toHaveLength(3);
    const again = await start(first, { store });
    await settle();
    expect(await again.held()).toEqual(['192.0.2.9']);
    expect(again.reports.map(({ outcome }) => outcome)).toEqual(['ended', 'ended']);
    await again.pass(20_000);
    expect(await again.held()).toEqual([]);
    await again.node.close();
  });

  it('whose time passed while Vallum was away is never set again', async () => {
    const store = createMemoryStore();
    const first = await start([timed], { store });
    await first.node.ban('192.0.2.7', { timeoutSeconds: 60 });
    await first.node.close();
    first.clock.advance(70_000);
    const again = await start(first, { store });
    expect(again.watched.applied).toEqual([]);
    expect(again.node.status().sets).toMatchObject([{ bans: 0, pending: 0 }]);
    await again.node.close();
  });

  it('is adopted at start without a change, and foreign members are never touched', async () => {
    const store = createMemoryStore();
    const first = await start([timed], { store });
    await first.node.ban(['192.0.2.7', '192.0.2.8'], { timeoutSeconds: 600 });
    await first.node.close();
    const [foreign] = [{ ...(await listMembers(first.memory, S))[0]?.address }];
    expect(foreign.text).toBe('192.0.2.7');
    await addForeign(first.memory, '203.0.113.9');
    first.clock.advance(5_000);
    const again = await start(first, { store });
    expect(again.watched.applied).toEqual([]);
    expect(again.node.status().sets).toMatchObject([{ bans: 2, pending: 0 }]);
    await again.node.unban(['192.0.2.7', '192.0.2.8']);
    expect(await again.held()).toEqual(['203.0.113.9']);
    await again.node.close();
  });

  it('that is adopted at start is not told to the kernel while the set is still being listed', async () => {
    const store = createMemoryStore();
    const first = await start([timed], { store });
    await first.node.ban(['192.0.2.7', '192.0.2.8'], { timeoutSeconds: 600 });
    await first.node.close();
    const { clock, memory } = first;
    let list = (): void => undefined;
    const listing = new Promise<void>((resolve) => (list = resolve));
    const slow: MemoryBackend = {
      ...memory,
      members: async (...args) => {
        await listing;
        return memory.members(...args);
      },
    };
    const starting = start({ clock, memory: slow }, { store });
    await settle();
    clock.advance(300);
    const { node, watched } = await starting;
    await node.ban('198.51.100.1', { timeoutSeconds: 600 });
    await settle();
    list();
    await settle();
    expect(watched.applied.map(({ address }) => address.text)).toEqual(['198.51.100.1']);
    expect(node.status().sets).toMatchObject([{ bans: 3, pending: 0 }]);
    await node.close();
  });

  it('costs nobody but itself where the set cannot hold it', async () => {
    const { node, held } = await start([{ ...untimed, type: 'hash:ip' }]);
    const asked = node.ban(['192.0.2.1', '192.0.2.0/24', '0.0.0.0', 'localhost', '192.0.2.2']);
    expect((await asked).map(({ outcome }) => outcome)).toEqual([
      'banned',
      'refused',
      'refused',
      'rejected',
      'banned',
    ]);
    expect(await held()).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(node.status().sets).toMatchObject([{ bans: 2, pending: 0 }]);
    await node.close();
  });
});
