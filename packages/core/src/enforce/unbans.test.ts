import { describe, expect, it } from '@jest/globals';
import type { MemorySetSpec } from '../backend/memory/memory-backend.js';
import { createMemoryStore } from '../testing/memory-store.js';
import {
  S,
  S6,
  timed,
  timed6,
  CHECK_MS,
  settle,
  start,
  outcome,
  addForeign,
} from './enforcer.fixture.js';

describe('an unban', () => {
  it('with an origin leaves the ban to those who hold it, for as long as they do', async () => {
    const { node, held, timeout } = await start([timed]);
    await node.ban('192.0.2.7', { timeoutSeconds: 600, origin: 'web1' });
    await node.ban('192.0.2.7', { timeoutSeconds: 60, origin: 'web2' });
    expect(await timeout('192.0.2.7')).toBe(600);
    expect(await outcome(node.unban('192.0.2.7', { origin: 'web1' }))).toMatchObject({
      outcome: 'held',
      holders: ['web2'],
    });
    expect(await timeout('192.0.2.7')).toBe(60);
    expect(await outcome(node.unban('192.0.2.7', { origin: 'web2' }))).toMatchObject({
      outcome: 'unbanned',
      absent: false,
    });
    expect(await held()).toEqual([]);
    await node.close();
  });

  it('without an origin lifts the ban whoever made it', async () => {
    const { node, held } = await start([timed]);
    await node.ban('192.0.2.7', { origin: 'web1' });
    await node.ban('192.0.2.7', { origin: 'web2' });
    await node.unban('192.0.2.7');
    expect(await held()).toEqual([]);
    expect(await outcome(node.unban('192.0.2.7'))).toMatchObject({ absent: true });
    await node.close();
  });

  it('while the set is missing is remembered', async () => {
    const { node, memory, held, pass } = await start([timed]);
    await node.ban('192.0.2.7');
    memory.destroySet(S);
    expect(await outcome(node.unban('192.0.2.7'))).toMatchObject({
      outcome: 'failed',
      action: 'unban',
      code: 'set-missing',
      willRetry: true,
    });
    await memory.create(timed as never);
    await addForeign(memory, '192.0.2.7');
    await pass(CHECK_MS);
    expect(await held()).toEqual([]);
    await node.close();
  });

  it('survives a restart before it is applied', async () => {
    const store = createMemoryStore();
    const first = await start([timed], { store });
    await first.node.ban('192.0.2.7');
    // A crash: nothing reaches the kernel any more, and nothing is closed.
    first.watched.gate = new Promise(() => undefined);
    void first.node.unban('192.0.2.7');
    await settle();
    const again = await start(first, { store });
    expect(await again.held()).toEqual([]);
    await again.node.close();
  });

  it('of an IPv6 ban that waits for its set keeps it from coming true', async () => {
    const { node, memory, held, pass } = await start([]);
    expect(await outcome(node.ban('2001:db8::1'))).toMatchObject({ code: 'set-missing' });
    await memory.create(timed as never);
    await pass(CHECK_MS);
    expect(await outcome(node.unban('2001:db8::1'))).toMatchObject({
      ...{ outcome: 'refused', action: 'unban', code: 'wrong-family' },
    });
    await memory.create(timed6 as never);
    await pass(CHECK_MS);
    expect(await held(S6)).toEqual([]);
    await node.close();
  });

  it('tells by which prefixes the address stays blocked, the narrowest first', async () => {
    const { node, clock } = await start([timed, timed6]);
    const until = Math.floor(clock.nowMs() / 1000) + 600;
    await node.ban('1.10.16.0/20', { until, origin: 'feeds' });
    await node.ban('1.10.0.0/16');
    await node.ban('1.10.16.0/24', { timeoutSeconds: 60, origin: 'short' });
    await node.ban('1.10.16.6');
    const blockedBy = [
      { address: '1.10.16.0/24', origin: 'short', until: until - 540 },
      { address: '1.10.16.0/20', origin: 'feeds', until },
      { address: '1.10.0.0/16', until: 'never' },
    ];
    expect(await outcome(node.unban('1.10.16.5'))).toMatchObject({
      ...{ outcome: 'unbanned', absent: true, stillBlockedBy: blockedBy },
    });
    expect(await outcome(node.unban('1.10.16.6'))).toMatchObject({
      ...{ outcome: 'unbanned', absent: false, stillBlockedBy: blockedBy },
    });
    expect(await outcome(node.unban('1.10.17.1', { origin: 'web1' }))).toMatchObject({
      stillBlockedBy: blockedBy.slice(1),
    });
    expect(await outcome(node.unban('1.10.16.0/24', { origin: 'short' }))).toMatchObject({
      ...{ absent: false, stillBlockedBy: blockedBy.slice(1) },
    });
    await node.close();
  });

  it('tells the same of IPv6, and nothing once no prefix is banned', async () => {
    const { node } = await start([timed, timed6]);
    const inside = '2001:db8:1::5';
    expect(await outcome(node.unban(inside))).not.toHaveProperty('stillBlockedBy');
    await node.ban('2001:db8::/32', { origin: 'feeds' });
    expect(await outcome(node.unban(inside))).toMatchObject({
      stillBlockedBy: [{ address: '2001:db8::/32', origin: 'feeds', until: 'never' }],
    });
    expect(await outcome(node.unban('2001:db9::5'))).not.toHaveProperty('stillBlockedBy');
    await node.unban('2001:db8::/32');
    expect(await outcome(node.unban(inside))).not.toHaveProperty('stillBlockedBy');
    await node.close();
  });

  it('tells of no prefix that is over, or that the set does not hold', async () => {
    const { node, pass } = await start([{ ...timed, maxEntries: 1 }]);
    await node.ban('1.10.16.0/20', { timeoutSeconds: 5 });
    await pass(7000);
    expect(await outcome(node.unban('1.10.16.5'))).not.toHaveProperty('stillBlockedBy');
    await node.ban('192.0.2.1');
    expect(await outcome(node.ban('1.10.16.0/20'))).toMatchObject({ code: 'set-full' });
    expect(await outcome(node.unban('1.10.16.5'))).not.toHaveProperty('stillBlockedBy');
    await node.close();
  });

  it('under a netmask keeps the entry for the others in it, with their time', async () => {
    const masked: MemorySetSpec = { ...timed, type: 'hash:ip', netmask: 24 };
    const { node, held, timeout } = await start([masked]);
    await node.ban('192.0.2.7', { timeoutSeconds: 600 });
    await node.ban('192.0.2.8', { timeoutSeconds: 60, origin: 'web2' });
    expect(await timeout('192.0.2.0')).toBe(600);
    expect(await outcome(node.unban('192.0.2.7'))).toMatchObject({
      outcome: 'held',
      holders: ['the ban of 192.0.2.8'],
    });
    expect(await timeout('192.0.2.0')).toBe(60);
    await node.unban('192.0.2.8');
    expect(await held()).toEqual([]);
    await node.close();
  });
});
