import { describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { S, S6, timed, untimed, timed6, CHECK_MS, start, outcome } from './enforcer.fixture.js';

describe('a set', () => {
  it('that is missing at start gets its bans as soon as it is made', async () => {
    const { node, memory, held, sets, reconciled, pass } = await start([]);
    expect(sets).toMatchObject([{ set: S, state: 'missing' }]);
    expect(await outcome(node.ban('192.0.2.7'))).toMatchObject({
      outcome: 'failed',
      code: 'set-missing',
      willRetry: true,
      detail: expect.stringContaining('ipset create blacklist') as unknown as string,
    });
    expect(node.status().sets).toMatchObject([{ state: 'missing', bans: 1, pending: 1 }]);
    await memory.create(timed as never);
    await pass(CHECK_MS);
    expect(await held()).toEqual(['192.0.2.7']);
    expect(sets.at(-1)).toMatchObject({ set: S, state: 'ready' });
    expect(reconciled).toMatchObject([{ set: S, added: 1, failed: 0 }]);
    await node.close();
  });

  it('that is destroyed and made again without traffic gets its bans back', async () => {
    const { node, memory, held, pass } = await start([timed]);
    await node.ban('192.0.2.7');
    memory.destroySet(S);
    await memory.create(timed as never);
    await pass(CHECK_MS);
    expect(await held()).toEqual(['192.0.2.7']);
    await node.close();
  });

  it.each([
    [S, '192.0.2.7', '192.0.2.8'],
    [S6, '2001:db8::7', '2001:db8::8'],
  ])('%s that is destroyed and made again loses nothing that came between', async (set, a, b) => {
    const { node, memory, held, pass, sets } = await start([timed, timed6]);
    await node.ban(a);
    memory.destroySet(set);
    expect(await outcome(node.ban(b))).toMatchObject({ code: 'set-missing', willRetry: true });
    expect(sets.at(-1)).toMatchObject({ set, state: 'missing' });
    await pass(CHECK_MS);
    await memory.create((set === S ? timed : timed6) as never);
    await pass(CHECK_MS);
    expect(await held(set)).toEqual([a, b]);
    await node.close();
  });

  it('that is flushed is filled at once by who asks to reconcile, and is told what differed', async () => {
    const { node, memory, held } = await start([timed, timed6]);
    await node.ban(['192.0.2.7', '192.0.2.8']);
    expect(await node.reconcile()).toEqual([]);
    memory.flush(S);
    expect(await node.reconcile()).toMatchObject([{ set: S, added: 2, deleted: 0, failed: 0 }]);
    expect(await held()).toHaveLength(2);
    await node.close();
  });

  it('that cannot be listed is no set in which nothing differed: its status says why', async () => {
    const { node, memory, watched, warnings } = await start([timed]);
    await node.ban('192.0.2.7');
    memory.flush(S);
    const { members } = watched.backend;
    const cause = { code: 'BACKEND_FAILED', operation: 'list' } as const;
    watched.backend.members = () => Promise.reject(new VallumError('the kernel is busy', cause));
    expect(await node.reconcile()).toEqual([]);
    expect(node.status().sets).toMatchObject([
      { state: 'ready', uncompared: 'the kernel is busy' },
    ]);
    watched.backend.members = () => Promise.reject(new TypeError('a fault of ours'));
    await node.reconcile();
    expect(node.status().sets).toMatchObject([{ uncompared: 'a fault of ours' }]);
    expect(warnings).toEqual([
      'cannot compare set blacklist: the kernel is busy',
      'internal error while set blacklist was compared: a fault of ours',
    ]);
    watched.backend.members = members;
    expect(await node.reconcile()).toMatchObject([{ set: S, added: 1 }]);
    expect(node.status().sets[0]).not.toHaveProperty('uncompared');
    await node.close();
  });

  it('that is being compared is compared once more for who asks meanwhile', async () => {
    const { node, memory, watched, held } = await start([timed]);
    await node.ban(['192.0.2.7', '192.0.2.8']);
    const { members } = watched.backend;
    let open = (): void => undefined;
    const gate = new Promise<void>((resolve) => (open = resolve));
    let listed = (): void => undefined;
    const isListed = new Promise<void>((resolve) => (listed = resolve));
    watched.backend.members = async (set, take) => {
      await members(set, take);
      listed();
      await gate;
    };
    const first = node.reconcile();
    await isListed;
    memory.flush(S);
    const second = node.reconcile();
    // One part in ten of the time is spent on comparisons that nobody has asked for.
    await new Promise((resolve) => setTimeout(resolve, 5));
    open();
    expect(await first).toEqual([]);
    expect(await second).toMatchObject([{ set: S, added: 2 }]);
    expect(await held()).toHaveLength(2);
    await node.close();
  });

  it('whose entries the kernel refuses tells so each time that somebody asks', async () => {
    const { node, watched } = await start([timed]);
    watched.verdict = () => ({ outcome: 'failed', fault: 'unknown', detail: 'out of memory' });
    await node.ban('192.0.2.7');
    const told = { added: 0, failed: 1, failure: 'out of memory' };
    expect(await node.reconcile()).toMatchObject([told]);
    expect(await node.reconcile()).toMatchObject([told]);
    await node.close();
  });

  it('that is flushed is filled again', async () => {
    const { node, memory, held, pass, reconciled } = await start([timed]);
    await node.ban(['192.0.2.7', '192.0.2.8']);
    memory.flush(S);
    await pass(CHECK_MS);
    expect(await held()).toHaveLength(2);
    expect(reconciled).toMatchObject([{ added: 2 }]);
    await node.close();
  });

  it('that is bound by its name and beside another is told of once, with what both ask for', async () => {
    const { node } = await start([timed, timed6], {
      topics: ['blacklist', 'blacklist6'],
      policies: { [S6]: { maxBanSeconds: 3600 } },
    });
    await node.ban(['192.0.2.7', '2001:db8::7'], { set: S });
    await node.ban(['2001:db8::8', '2001:db8::9'], { set: S6 });
    expect(node.status().sets).toMatchObject([
      { set: S, bans: 1, pending: 0 },
      { set: S6, bans: 3, pending: 0, state: 'ready', policy: { maxBanSeconds: 3600 } },
    ]);
    expect(node.status().sets).toHaveLength(2);
    await node.close();
  });

  it('that is full takes the rest when there is room again', async () => {
    const { node, held, pass } = await start([{ ...timed, maxEntries: 2 }]);
    const asked = await node.ban(['192.0.2.1', '192.0.2.2', '192.0.2.3']);
    expect(asked[2]).toMatchObject({ outcome: 'failed', code: 'set-full', willRetry: true });
    await pass(CHECK_MS);
    await node.unban('192.0.2.1');
    await pass(CHECK_MS);
    expect(await held()).toEqual(['192.0.2.2', '192.0.2.3']);
    await node.close();
  });

  it('that becomes another type says so, and one bad entry is not tried for ever', async () => {
    const { node, memory, held } = await start([timed]);
    memory.destroySet(S);
    await memory.create({ ...untimed, type: 'hash:ip' } as never);
    const asked = await node.ban(['192.0.2.0/24', '192.0.2.0/24', '192.0.2.9'], {
      timeoutSeconds: 60,
    });
    expect(asked.map(({ outcome }) => outcome)).toEqual(['refused', 'refused', 'banned']);
    expect(await held()).toEqual(['192.0.2.9']);
    await node.close();
  });

  it('that may not be edited yet is filled when it may', async () => {
    const clock = createFakeClock();
    const memory = createMemoryBackend({ sets: [timed], clock });
    const bench = await start({ clock, memory });
    bench.watched.inspectError = new VallumError('no CAP_NET_ADMIN', {
      code: 'PERMISSION_DENIED',
      operation: 'inspect',
    });
    bench.watched.verdict = () => ({
      outcome: 'failed',
      fault: 'permission-denied',
      detail: 'run as root',
    });
    memory.flush(S);
    expect(await outcome(bench.node.ban('192.0.2.7'))).toMatchObject({
      outcome: 'failed',
      code: 'permission-denied',
      willRetry: true,
    });
    await bench.pass(CHECK_MS);
    expect(bench.sets.at(-1)).toMatchObject({ state: 'permission-denied' });
    expect(await outcome(bench.node.ban('192.0.2.8'))).toMatchObject({ code: 'permission-denied' });
    bench.watched.inspectError = undefined;
    bench.watched.verdict = undefined;
    memory.flush(S);
    await bench.pass(CHECK_MS);
    expect(await bench.held()).toEqual(['192.0.2.7', '192.0.2.8']);
    await bench.node.close();
  });

  it('is made for both families where that is asked for', async () => {
    const { node, memory, sets } = await start([], { create: { defaultTimeoutSeconds: 0 } });
    expect(await memory.inspect(S)).toMatchObject({ type: 'hash:net', family: 'ipv4' });
    expect(await memory.inspect(S6)).toMatchObject({ type: 'hash:net', family: 'ipv6' });
    expect(sets.at(-1)).toMatchObject({ set: S6, state: 'ready' });
    await node.close();
  });

  it('that cannot be made is complained about once', async () => {
    const { node, warnings, pass } = await start([], { create: { type: 'bitmap:ip' } });
    await pass(3 * CHECK_MS);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toMatch(/^cannot create set blacklist: .*range/);
    await node.close();
  });

  it('comes and goes with the topics', async () => {
    const other = 'other' as SetName;
    const { node, held } = await start([timed, { ...timed, set: other }]);
    await node.reconfigure({ topics: ['x=other'], policy: { protectHost: false } });
    await expect(node.ban('192.0.2.7', { set: 'blacklist' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
      message: 'set "blacklist" is none that this Vallum serves: other',
    });
    await node.ban('192.0.2.7');
    expect(await held(other)).toEqual(['192.0.2.7']);
    await node.reconfigure({ topics: ['blacklist', 'x=other'], policy: { protectHost: false } });
    await expect(node.ban('192.0.2.7')).rejects.toThrow('name the set');
    await node.close();
  });
});
