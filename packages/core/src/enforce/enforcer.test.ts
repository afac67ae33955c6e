import { describe, expect, it } from '@jest/globals';
import { addressWidth } from '../address/address.js';
import type { Backend, Change, ChangeReport } from '../backend/backend.js';
import { createMemoryBackend, type MemoryBackend } from '../backend/memory/memory-backend.js';
import type { MemorySetSpec } from '../backend/memory/memory-backend.js';
import { VallumError } from '../words/errors.js';
import { createVolatileStore } from '../journal/volatile-store.js';
import { createMemoryStore } from '../testing/memory-store.js';
import type { SetName } from '../words/names.js';
import type { Report, ReconcileSummary, SetState } from './report.js';
import { createFakeClock, type FakeClock } from '../testing/fake-clock.js';
import { createVallum } from '../node/vallum.js';
import type { BanOptions, Vallum, VallumOptions } from '../node/vallum-types.js';
import { listMembers } from '../backend/list-members.js';

const S = 'blacklist' as SetName;
const S6 = 'blacklist6' as SetName;
const timed: MemorySetSpec = { set: S, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 };
const untimed: MemorySetSpec = { set: S, type: 'hash:net', family: 'ipv4' };
const timed6: MemorySetSpec = { ...timed, set: S6, family: 'ipv6' };
const CHECK_MS = 10_000;

/** A backend whose verdicts a test may hold, count or replace. */
interface Watched {
  readonly backend: Backend;
  readonly applied: Change[];
  /** Resolves when the gate is opened; undefined: open. */
  gate: Promise<void> | undefined;
  verdict: ((change: Change) => ChangeReport | undefined) | undefined;
  inspectError: Error | undefined;
}

function watch({ applyColumns: _, ...memory }: MemoryBackend): Watched {
  const watched: Watched = {
    applied: [],
    gate: undefined,
    verdict: undefined,
    inspectError: undefined,
    backend: {
      ...memory,
      inspect: (set) =>
        watched.inspectError ? Promise.reject(watched.inspectError) : memory.inspect(set),
      async apply(changes) {
        await watched.gate;
        watched.applied.push(...changes);
        const reports: ChangeReport[] = [];
        for (const change of changes) {
          const [report] = await memory.apply([change]);
          const own = watched.verdict?.(change);
          if (own ?? report) reports.push((own ?? report)!);
        }
        return reports;
      },
    },
  };
  return watched;
}

interface Bench {
  readonly clock: FakeClock;
  readonly memory: MemoryBackend;
  readonly watched: Watched;
  readonly node: Vallum;
  readonly reports: Report[];
  readonly sets: SetState[];
  readonly reconciled: ReconcileSummary[];
  readonly warnings: string[];
  held(set?: SetName): Promise<string[]>;
  timeout(address: string, set?: SetName): Promise<number | undefined>;
  pass(milliseconds: number): Promise<void>;
}

async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

async function start(
  sets: readonly MemorySetSpec[] | { clock: FakeClock; memory: MemoryBackend },
  options: Partial<VallumOptions> = {},
): Promise<Bench> {
  const clock = 'clock' in sets ? sets.clock : createFakeClock();
  const memory = 'memory' in sets ? sets.memory : createMemoryBackend({ sets, clock });
  const watched = watch(memory);
  const reports: Report[] = [];
  const states: SetState[] = [];
  const reconciled: ReconcileSummary[] = [];
  const warnings: string[] = [];
  const node = await createVallum({
    topics: ['blacklist'],
    backend: watched.backend,
    checkIntervalMs: CHECK_MS,
    deps: { clock },
    listeners: {
      report: (report) => reports.push(report),
      set: (state) => states.push(state),
      reconciled: (summary) => reconciled.push(summary),
      checked: () => undefined,
      warning: (sentence) => warnings.push(sentence),
    },
    ...options,
    policy: { protectHost: false, ...options.policy },
  });
  const members = async (set: SetName) => listMembers(memory, set);
  return {
    clock,
    memory,
    watched,
    node,
    reports,
    sets: states,
    reconciled,
    warnings,
    held: async (set = S) => (await members(set)).map(({ address }) => address.text).sort(),
    timeout: async (address, set = S) =>
      (await members(set)).find((member) => member.address.text === address)?.timeoutSeconds,
    pass: async (milliseconds) => {
      // In steps of a second, so that what is awaited in between happens in its time.
      const step = Math.max(1000, Math.ceil(milliseconds / 50));
      for (let left = milliseconds; left > 0; left -= step) {
        clock.advance(Math.min(step, left));
        await settle();
      }
    },
  };
}

async function outcome(asked: Promise<Report[]>) {
  const [report] = await asked;
  return report;
}

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

async function addForeign(memory: MemoryBackend, text: string, set = S): Promise<void> {
  const bytes = Uint8Array.from(text.split('.').map(Number));
  const address = { text, family: 'ipv4', bytes, prefixLength: addressWidth('ipv4') };
  await memory.apply([{ op: 'add', set, address } as unknown as Change]);
}

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
    expect(await outcome(node.unban('2001:db8::1'))).toMatchObject({ code: 'wrong-family' });
    await memory.create(timed6 as never);
    await pass(CHECK_MS);
    expect(await held(S6)).toEqual([]);
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
      holders: ['web2'],
    });
    expect(await timeout('192.0.2.0')).toBe(60);
    await node.unban('192.0.2.8');
    expect(await held()).toEqual([]);
    await node.close();
  });
});

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

  it('that is flushed is filled again', async () => {
    const { node, memory, held, pass, reconciled } = await start([timed]);
    await node.ban(['192.0.2.7', '192.0.2.8']);
    memory.flush(S);
    await pass(CHECK_MS);
    expect(await held()).toHaveLength(2);
    expect(reconciled).toMatchObject([{ added: 2 }]);
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

describe('under way', () => {
  it('a burst of 4,000 commands stays in order, each with its own verdict', async () => {
    const { node, held } = await start([timed]);
    const asked: Promise<Report[]>[] = [];
    for (let n = 0; n < 2_000; n += 1) {
      const address = `10.0.${n >> 8}.${n & 255}`;
      asked.push(node.ban(address));
      if (n % 2 === 0) asked.push(node.unban(address));
      else asked.push(node.ban(address, { timeoutSeconds: 60 }));
    }
    const outcomes = (await Promise.all(asked)).map(([report]) => report?.outcome);
    expect(outcomes.filter((one) => one === 'banned')).toHaveLength(2_000);
    expect(outcomes.filter((one) => one === 'overtaken')).toHaveLength(1_000);
    expect(outcomes.filter((one) => one === 'unbanned')).toHaveLength(1_000);
    expect(await held()).toHaveLength(1_000);
    await node.close();
  });

  it('a ban that was lifted while it waited is not called one, and stays out', async () => {
    const { node, held, watched } = await start([timed]);
    const first = node.ban('192.0.2.1');
    const [ban, unban] = [node.ban('192.0.2.7'), node.unban('192.0.2.7')];
    expect(await outcome(ban)).toMatchObject({ outcome: 'overtaken' });
    expect(await outcome(unban)).toMatchObject({ outcome: 'unbanned', absent: false });
    await first;
    expect(await held()).toEqual(['192.0.2.1']);
    expect(watched.applied.map(({ op }) => op)).toEqual(['add', 'del']);
    await node.close();
  });

  it('a ban that was lifted before its second try is not called one', async () => {
    const { node, held, watched } = await start([timed]);
    let first = true;
    watched.verdict = ({ op }) => {
      if (op !== 'add' || !first) return undefined;
      first = false;
      return { outcome: 'failed', fault: 'set-missing', detail: 'gone' };
    };
    const [ban, unban] = [node.ban('192.0.2.7'), node.unban('192.0.2.7')];
    expect(await outcome(ban)).toMatchObject({ outcome: 'overtaken' });
    expect(await outcome(unban)).toMatchObject({ outcome: 'unbanned' });
    expect(await held()).toEqual([]);
    await node.close();
  });

  it('a ban that is over before it gets in is not called one', async () => {
    const { node, held, watched, clock } = await start([timed]);
    let open = (): void => undefined;
    watched.gate = new Promise((resolve) => (open = resolve));
    const first = node.ban('192.0.2.1');
    await settle();
    const late = node.ban('192.0.2.7', { timeoutSeconds: 5 });
    clock.advance(6_000);
    open();
    await first;
    expect(await outcome(late)).toMatchObject({ outcome: 'ended' });
    expect(await held()).toEqual(['192.0.2.1']);
    await node.close();
  });

  it('a backend that throws costs the entries of one run', async () => {
    const { node, watched, held } = await start([timed]);
    watched.gate = Promise.reject(new Error('socket closed'));
    expect(await outcome(node.ban('192.0.2.7'))).toMatchObject({
      code: 'unavailable',
      detail: 'socket closed',
      willRetry: true,
    });
    watched.gate = undefined;
    expect(await outcome(node.ban('192.0.2.8'))).toMatchObject({ outcome: 'banned' });
    expect(await held()).toEqual(['192.0.2.8']);
    await node.close();
  });

  it('a backend without a verdict is no success', async () => {
    const { node, watched } = await start([timed]);
    watched.backend.apply = () => Promise.resolve([]);
    expect(await outcome(node.ban('192.0.2.7'))).toMatchObject({
      outcome: 'failed',
      code: 'unknown',
    });
    await node.close();
  });

  it('a listener that throws stops nothing, and is told of', async () => {
    const warnings: string[] = [];
    const { node, held, pass } = await start([untimed], {
      listeners: {
        report: () => {
          throw new Error('no terminal');
        },
        warning: (sentence) => warnings.push(sentence),
      },
    });
    await node.ban('192.0.2.7', { timeoutSeconds: 5 });
    await pass(5_000);
    await node.ban('192.0.2.8');
    expect(await held()).toEqual(['192.0.2.8']);
    expect(warnings).toContain("a listener to 'report' threw: no terminal");
    await node.close();
  });

  it('is finished before close returns', async () => {
    const { node, held, watched } = await start([timed]);
    let open = (): void => undefined;
    watched.gate = new Promise((resolve) => (open = resolve));
    const asked = node.ban('192.0.2.7');
    await settle();
    const closed = node.close();
    open();
    await closed;
    expect(await outcome(asked)).toMatchObject({ outcome: 'banned' });
    expect(await held()).toEqual(['192.0.2.7']);
    await expect(node.ban('192.0.2.8')).rejects.toMatchObject({ code: 'CLOSED' });
  });

  it('refuses options that no address could save', async () => {
    const { node } = await start([timed], { store: createVolatileStore() });
    const bad: BanOptions[] = [{ timeoutSeconds: -5 }, { until: 1 }, { reason: '\u001b' }];
    for (const options of bad) {
      await expect(node.ban('192.0.2.7', options)).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
    await node.close();
  });
});
