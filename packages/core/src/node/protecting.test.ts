import { describe, expect, it } from '@jest/globals';
import { listMembers } from '../backend/list-members.js';
import { createMemoryBackend, type MemoryBackend } from '../backend/memory/memory-backend.js';
import type { ProtectReport } from '../enforce/protect-report.js';
import { MOST_PROTECTED, PROTECT_SET } from '../policy/fleet-protection.js';
import { createMemoryStore } from '../testing/memory-store.js';
import { VallumError } from '../words/errors.js';
import type { Vallum, VallumEvents, VallumOptions } from './vallum-types.js';
import { createVallum } from './vallum.js';
import { pass, S, sets, world, type World } from './world.fixture.js';

interface Machine {
  readonly node: Vallum;
  readonly backend: MemoryBackend;
  readonly told: ProtectReport[];
  readonly bans: string[];
  readonly warnings: string[];
  members(): Promise<string[]>;
}

async function start(
  { clock, broker }: World,
  name: string,
  more: Partial<VallumOptions> & { memory?: MemoryBackend } = {},
): Promise<Machine> {
  const backend = more.memory ?? createMemoryBackend({ sets, clock });
  const told: ProtectReport[] = [];
  const bans: string[] = [];
  const warnings: string[] = [];
  const node = await createVallum({
    topics: ['blacklist'],
    backend,
    transport: broker.transport(name),
    repair: { node: name },
    answers: { node: name },
    policy: { protectHost: false },
    deps: { clock },
    ...more,
    listeners: {
      protection: (report) => told.push(report),
      warning: (sentence) => warnings.push(sentence),
      report: (...[report]: VallumEvents['report']) => {
        bans.push(`${report.outcome} ${'address' in report ? report.address : report.input}`);
      },
    },
  });
  const members = async () =>
    (await listMembers(backend, S)).map(({ address }) => address.text).sort();
  return { node, backend, told, bans, warnings, members };
}

async function publish({ broker }: World, topic: string, payload: string): Promise<void> {
  const transport = broker.transport('somebody');
  transport.open({ message: () => Promise.resolve(), connection: () => undefined });
  await transport.publish({ topic, payload });
  await transport.close();
}

const entriesOf = ({ node }: Machine) => node.status().protection?.entries;

describe("the fleet's protect list", () => {
  it('lifts live bans on every node within the second, and brings them back when it ends', async () => {
    const here = world();
    const [one, two] = [await start(here, 'one'), await start(here, 'two')];
    await pass(here, 1);
    await publish(here, 'blacklist/add', '198.51.100.7\n198.51.100.0/25\n203.0.113.9');
    await pass(here, 1);
    expect(await two.members()).toEqual(['198.51.100.0/25', '198.51.100.7', '203.0.113.9']);
    await publish(here, 'vallum/protect/add', '198.51.100.0/24 origin admin.alice reason "office"');
    await pass(here, 1);
    expect(await one.members()).toEqual(['203.0.113.9']);
    expect(await two.members()).toEqual(['203.0.113.9']);
    expect(two.told).toMatchObject([
      { outcome: 'protected', address: '198.51.100.0/24', until: 'never', origin: 'admin.alice' },
    ]);
    expect(two.bans).toContain('refused 198.51.100.7');
    await publish(here, 'blacklist/add', '198.51.100.99');
    await pass(here, 1);
    expect(two.bans).toContain('refused 198.51.100.99');
    await publish(here, 'vallum/protect/del', '198.51.100.0/24 origin admin.alice');
    await pass(here, 1);
    expect(await one.members()).toEqual([
      ...['198.51.100.0/25', '198.51.100.7', '198.51.100.99', '203.0.113.9'],
    ]);
    expect(two.told.at(-1)).toMatchObject({ outcome: 'unprotected', address: '198.51.100.0/24' });
    for (const { node } of [one, two]) await node.close();
  });

  it('ends by time, and the bans that still live come back', async () => {
    const here = world();
    const one = await start(here, 'one');
    await publish(here, 'vallum/protect/add', '198.51.100.7 timeout 30 origin admin.alice');
    await publish(here, 'blacklist/add', '198.51.100.7 timeout 3600');
    await pass(here, 1);
    expect(await one.members()).toEqual([]);
    await pass(here, 31);
    expect(await one.members()).toEqual(['198.51.100.7']);
    expect(one.told.at(-1)).toMatchObject({ outcome: 'ended', address: '198.51.100.7' });
    await one.node.close();
  });

  it('comes to who joins later by repair, and to who restarts from the journal alone', async () => {
    const here = world();
    const one = await start(here, 'one');
    await one.node.protect('198.51.100.7', { reason: 'office', origin: 'admin.alice' });
    await publish(here, 'blacklist/add', '198.51.100.7 origin web1\n203.0.113.9 origin web1');
    await pass(here, 1);
    const store = createMemoryStore();
    const memory = createMemoryBackend({ sets, clock: here.clock });
    const late = await start(here, 'late', { store, memory });
    await pass(here, 15);
    expect(entriesOf(late)).toBe(1);
    // What protects came before what is protected.
    expect(late.bans).toEqual(['refused 198.51.100.7', 'banned 203.0.113.9']);
    expect(await late.members()).toEqual(['203.0.113.9']);
    await late.node.close();
    here.broker.stop();
    const applied: string[] = [];
    const again = await start(here, 'late', {
      store,
      memory: {
        ...memory,
        applyColumns: (changes) => {
          applied.push(`${String(changes.length)} changes`);
          return memory.applyColumns(changes);
        },
      },
    });
    expect(entriesOf(again)).toBe(1);
    expect(applied).toEqual([]);
    expect(await again.members()).toEqual(['203.0.113.9']);
    for (const { node } of [one, again]) await node.close();
  });

  it('can be looked at in the journal, where there is no broker', async () => {
    const here = world();
    const store = createMemoryStore();
    const one = await start(here, 'one', { store });
    await one.node.protect('198.51.100.7', { origin: 'admin.alice' });
    await one.node.close();
    const look = await createVallum({
      ...{
        topics: ['blacklist'],
        backend: createMemoryBackend({ sets, clock: here.clock }),
        store,
      },
      ...{ protection: {}, policy: { protectHost: false }, deps: { clock: here.clock } },
    });
    const found: string[] = [];
    for await (const { address } of look.leases(PROTECT_SET)) found.push(address);
    expect(found).toEqual(['198.51.100.7']);
    expect((await look.explain('198.51.100.7')).protected?.because).toMatch(/admin\.alice/);
    await look.close();
  });

  it('refuses what is too wide, by name, and takes the rest of the message', async () => {
    const here = world();
    const one = await start(here, 'one');
    const entries = [
      '198.51.0.0/15',
      '2001:db8::/31',
      'nonsense',
      '198.51.0.0/16',
      '2001:db8::/32',
    ];
    await publish(here, 'vallum/protect/add', entries.join('\n'));
    await pass(here, 1);
    expect(entriesOf(one)).toBe(2);
    const refused = one.told.filter(({ outcome }) => outcome === 'refused');
    expect(refused).toHaveLength(2);
    // Each family is told by itself.
    expect(refused).toEqual(
      expect.arrayContaining([
        expect.objectContaining({
          ...{ code: 'prefix-too-wide', address: '198.50.0.0/15' },
          ...{ place: 'line 1', action: 'protect' },
        }),
        expect.objectContaining({
          ...{ code: 'prefix-too-wide', address: '2001:db8::/31', place: 'line 2' },
        }),
      ]),
    );
    expect(one.told.filter(({ outcome }) => outcome === 'rejected')).toMatchObject([
      { via: 'vallum/protect/add', place: 'line 3', input: 'nonsense' },
    ]);
    // Who listens to bans has nothing to do with it.
    expect(one.bans).toEqual([]);
    expect(one.node.status().protection).toMatchObject({ entries: 2, refused: 2 });
    const [report] = await one.node.protect('10.0.0.0/8');
    expect(report).toMatchObject({ outcome: 'refused', code: 'prefix-too-wide' });
    await one.node.close();
  });

  it('covers no more than a share of all addresses, whoever asks for how much', async () => {
    const here = world();
    const one = await start(here, 'one');
    const all = Array.from(
      { length: 65_536 },
      (_, n) => `${String(n >> 8)}.${String(n & 255)}.0.0/16`,
    );
    await publish(here, 'vallum/protect/add', all.join('\n'));
    await pass(here, 5);
    expect(entriesOf(one)).toBe(1_024);
    await publish(here, 'blacklist/add', '203.0.113.9');
    await pass(here, 1);
    expect(await one.members()).toEqual(['203.0.113.9']);
    await one.node.close();
  });

  it('is told by explain, with who asked for it and why', async () => {
    const here = world();
    const one = await start(here, 'one');
    await publish(here, 'vallum/protect/add', '198.51.100.0/24 origin admin.alice reason "office"');
    await pass(here, 1);
    const { protected: guard, blocked } = await one.node.explain('198.51.100.7');
    expect(blocked).toBe(false);
    expect(guard).toMatchObject({
      address: '198.51.100.0/24',
      because: `fleet's protect list: origin admin.alice, reason "office", for ever`,
      leases: [{ origin: 'admin.alice', reason: 'office', until: 'never' }],
    });
    const listed = [];
    for await (const { address, origin } of one.node.leases(PROTECT_SET)) {
      listed.push(`${address} ${origin}`);
    }
    expect(listed).toEqual(['198.51.100.0/24 admin.alice']);
    await one.node.close();
  });

  it('has no topic and no set of its name beside it', async () => {
    const here = world();
    for (const topic of ['vallum/protect', 'vallum/protect/x=other', 'a=vallum/protect']) {
      await expect(start(here, 'one', { topics: [topic] })).rejects.toMatchObject({
        code: 'INVALID_ARGUMENT',
      });
    }
  });

  it('is not kept by a node that does not want it', async () => {
    const here = world();
    const one = await start(here, 'one', { protection: false });
    await publish(here, 'vallum/protect/add', '198.51.100.7');
    await publish(here, 'blacklist/add', '198.51.100.7');
    await pass(here, 1);
    expect(await one.members()).toEqual(['198.51.100.7']);
    expect(one.node.status().protection).toBeUndefined();
    await expect(one.node.protect('198.51.100.7')).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    await one.node.close();
  });

  it('takes no more entries than it has room for, and others once there is some', async () => {
    const here = world();
    const one = await start(here, 'one');
    const many = Array.from(
      { length: MOST_PROTECTED + 10 },
      (_, n) => `198.${String(51 + (n >> 16))}.${String((n >> 8) & 255)}.${String(n & 255)}`,
    );
    await publish(here, 'vallum/protect/add', many.join('\n'));
    await pass(here, 3);
    expect(one.node.status().protection).toMatchObject({ entries: MOST_PROTECTED, refused: 10 });
    await publish(here, 'vallum/protect/del', '198.51.0.1');
    await pass(here, 15);
    expect(one.node.status().protection).toMatchObject({ entries: MOST_PROTECTED, refused: 9 });
    await one.node.close();
  });

  it.each([
    ['origins', {}],
    ['leases', { registers: 1_000 }],
  ])('has room of its own, when a publisher has filled the ledger with %s', async (_, limits) => {
    const here = world();
    const two = await start(here, 'two', { limits });
    const flood = Array.from({ length: 16_384 }, (_address, n) => {
      const address = `10.7.${String(n >> 8)}.${String(n & 255)}`;
      return `${address} until never origin o${String(n)} reason "r${String(n)}"`;
    });
    await publish(here, 'blacklist/add', flood.join('\n'));
    await pass(here, 1);
    await publish(here, 'blacklist/add', '10.7.0.0 until never origin other reason "another"');
    await pass(here, 1);
    expect(two.bans).toContain('refused 10.7.0.0');
    await publish(here, 'vallum/protect/add', '10.7.0.1 origin admin.alice reason "office"');
    const one = await start(here, 'one', {
      protection: {
        announceAs: 'vallumd:one',
        ownAddresses: () => Promise.resolve(['198.51.100.7']),
      },
    });
    await pass(here, 2);
    expect(two.told).toMatchObject([
      { outcome: 'protected', address: '10.7.0.1', origin: 'admin.alice' },
      { outcome: 'protected', address: '198.51.100.7', origin: 'vallumd:one' },
    ]);
    expect(await two.members()).not.toContain('10.7.0.1');
    for (const { node } of [one, two]) await node.close();
  });

  it('is told by a node that stops what it has begun to say, while there is a broker', async () => {
    const here = world();
    const store = createMemoryStore();
    const announcing = { announceAs: 'vallumd:one' };
    const one = await start(here, 'one', {
      store,
      protection: { ...announcing, ownAddresses: () => Promise.resolve(['198.51.100.7']) },
    });
    await pass(here, 2);
    await one.node.close();
    const inner = here.broker.transport('one');
    const slow: typeof inner = {
      ...inner,
      publish: (message, options) =>
        new Promise((resolve, reject) => {
          options?.signal?.addEventListener('abort', () => {
            reject(new VallumError('given up', { code: 'ABORTED', operation: 'publish' }));
          });
          here.clock.after(2_000, () => {
            if (options?.signal?.aborted !== true) inner.publish(message).then(resolve, reject);
          });
        }),
    };
    const protection = { ...announcing, ownAddresses: false } as const;
    const again = await start(here, 'one', { store, protection, transport: slow });
    await pass(here, 1);
    const closed = again.node.close();
    await pass(here, 3);
    await closed;
    const withdrawn = here.broker.published.filter(({ topic }) => topic === 'vallum/protect/del');
    expect(withdrawn.map(({ payload }) => Buffer.from(payload).toString())).toEqual([
      expect.stringMatching(/^198\.51\.100\.7 .*vallumd:one/),
    ]);
  });

  it('lifts a ban that stood in the kernel set while the node was down', async () => {
    const here = world();
    const store = createMemoryStore();
    const memory = createMemoryBackend({ sets, clock: here.clock });
    const one = await start(here, 'one', { store, memory });
    await publish(here, 'blacklist/add', '198.51.100.7');
    await pass(here, 1);
    await one.node.close();
    expect(await one.members()).toEqual(['198.51.100.7']);
    // The broker keeps it for the session.
    await publish(here, 'vallum/protect/add', '198.51.100.7 origin admin.alice');
    const again = await start(here, 'one', { store, memory });
    await pass(here, 1);
    expect(await again.members()).toEqual([]);
    await again.node.close();
  });

  it('is asked about and confirmed as bans are', async () => {
    const here = world();
    const one = await start(here, 'one');
    const asker = await createVallum({
      ...{
        topics: ['blacklist'],
        transport: here.broker.transport('asker'),
        origin: 'admin.alice',
      },
      deps: { clock: here.clock },
    });
    await pass(here, 1);
    const [report] = await Promise.all([asker.protect('198.51.100.7'), pass(here, 1)]);
    expect(report).toMatchObject([{ outcome: 'published', action: 'protect' }]);
    expect(entriesOf(one)).toBe(1);
    const [lifted] = await Promise.all([asker.unprotect('198.51.100.7'), pass(here, 1)]);
    expect(lifted).toMatchObject([{ outcome: 'published', action: 'unprotect' }]);
    expect(entriesOf(one)).toBe(0);
    for (const { node } of [one, { node: asker }]) await node.close();
  });
});

describe('a firewall', () => {
  it('announces its own addresses, so that the others lift their bans of it', async () => {
    const here = world();
    const two = await start(here, 'two');
    await publish(here, 'blacklist/add', '198.51.100.7\n203.0.113.9');
    await pass(here, 1);
    expect(await two.members()).toEqual(['198.51.100.7', '203.0.113.9']);
    const one = await start(here, 'one', {
      protection: {
        announceAs: 'vallumd:one',
        ownAddresses: () => Promise.resolve(['198.51.100.7', '10.0.0.1']),
      },
    });
    await pass(here, 1);
    expect(await two.members()).toEqual(['203.0.113.9']);
    expect(two.told).toMatchObject([
      { outcome: 'protected', address: '198.51.100.7', origin: 'vallumd:one' },
    ]);
    for (const { node } of [one, two]) await node.close();
  });

  it('withdraws at its next start what it has announced, where it is not to announce any more', async () => {
    const here = world();
    const two = await start(here, 'two');
    const store = createMemoryStore();
    const one = await start(here, 'one', {
      ...{ store },
      protection: {
        announceAs: 'vallumd:one',
        ownAddresses: () => Promise.resolve(['198.51.100.7']),
      },
    });
    await one.node.protect('203.0.113.9', { origin: 'admin.alice' });
    await pass(here, 1);
    await one.node.close();
    const again = await start(here, 'one', {
      ...{ store },
      protection: { announceAs: 'vallumd:one', ownAddresses: false },
    });
    await pass(here, 2);
    const left: string[] = [];
    for await (const { address } of two.node.leases(PROTECT_SET)) left.push(address);
    expect(left).toEqual(['203.0.113.9']);
    expect(again.warnings).toEqual([]);
    for (const { node } of [again, two]) await node.close();
  });

  it('shortens what it announced by a clock that was years ahead, on all nodes', async () => {
    const here = world();
    const two = await start(here, 'two');
    await pass(here, 1);
    const yearsMs = 10 * 365 * 86_400_000;
    // Only this one's clock is wrong.
    const clock = {
      ...here.clock,
      aheadMs: yearsMs,
      nowMs: () => here.clock.nowMs() + clock.aheadMs,
    };
    const one = await start(here, 'one', {
      deps: { clock },
      protection: { announceAs: 'vallumd:one', ownAddresses: () => Promise.resolve(['192.0.2.1']) },
    });
    await pass(here, 1);
    expect(two.told).toMatchObject([{ outcome: 'protected', address: '192.0.2.1' }]);
    clock.aheadMs = 0;
    await pass(here, 60);
    for (const { node } of [one, two]) {
      const ends: unknown[] = [];
      for await (const { until } of node.leases(PROTECT_SET)) ends.push(until);
      expect(ends).toEqual([Date.UTC(2026, 0, 4) / 1000]);
    }
    for (const { node } of [one, two]) await node.close();
  });

  it('does not withdraw what another of its name announces, once that is heard', async () => {
    const here = world();
    const announcing = (...own: string[]): Partial<VallumOptions> => ({
      protection: { announceAs: 'vallumd:one', ownAddresses: () => Promise.resolve(own) },
    });
    const two = await start(here, 'two');
    const store = createMemoryStore();
    const one = await start(here, 'one', { ...announcing('192.0.2.1'), store });
    // Its clone, under a client ID of its own.
    const clone = await start(here, 'one', {
      ...announcing('192.0.2.2'),
      transport: here.broker.transport('clone'),
    });
    await pass(here, 5);
    for (const machine of [one, two]) expect(entriesOf(machine)).toBe(2);
    // What it reads in its journal may be its own.
    await one.node.close();
    const again = await start(here, 'one', { ...announcing('192.0.2.1'), store });
    await pass(here, 1_260);
    expect(again.warnings).toContainEqual(
      expect.stringMatching(/another node says that it is one/),
    );
    for (const machine of [again, two]) expect(entriesOf(machine)).toBe(2);
    for (const { node } of [again, clone, two]) await node.close();
  });
});

describe('a broker that does not let a node take part', () => {
  it('costs nothing but the list, and is told once', async () => {
    const here = world({
      refuseSubscribe: (_, filter) =>
        filter.startsWith('vallum/protect') ? 'not authorized' : undefined,
      refusePublish: (_, topic) =>
        topic.startsWith('vallum/protect') ? 'not authorized' : undefined,
    });
    const one = await start(here, 'one', {
      protection: { announceAs: 'vallumd:one', ownAddresses: () => Promise.resolve(['192.0.2.1']) },
    });
    const two = await start(here, 'two');
    await pass(here, 40);
    await publish(here, 'blacklist/add', '203.0.113.9');
    await pass(here, 1);
    expect(await one.members()).toEqual(['203.0.113.9']);
    expect(one.node.status().protection).toMatchObject({ allowed: false });
    const heard = one.node.status().ledgers.find(({ topic }) => topic === 'blacklist')?.heard;
    expect(heard).toBe(true);
    expect(one.warnings).toEqual([expect.stringMatching(/does not let this node announce/)]);
    for (const { node } of [one, two]) await node.close();
  });

  it('is not spoken to about it for ten minutes where it ends the connection for it, and then again', async () => {
    const here = world();
    const broker = { forbids: true };
    const calls: string[][] = [];
    const inner = here.broker.transport('one');
    // As RabbitMQ, which ends the connection of who asks for what is forbidden.
    const cut = (): void => {
      here.broker.cut('one');
      here.clock.after(1_000, () => {
        here.broker.mend('one');
      });
    };
    let wanted: string[] = [];
    const transport: typeof inner = {
      ...inner,
      open(given) {
        inner.open({
          ...given,
          connection: (state) => {
            given.connection(state);
            if (state.state !== 'connected' || !broker.forbids) return;
            if (wanted.includes('vallum/protect/#')) cut();
          },
        });
      },
      publish(message, options) {
        if (!broker.forbids || !message.topic.startsWith('vallum/protect')) {
          return inner.publish(message, options);
        }
        return new Promise((_, reject) => {
          options?.signal?.addEventListener('abort', () => {
            reject(new VallumError('given up', { code: 'ABORTED', operation: 'publish' }));
          });
        });
      },
      subscribe(filters) {
        wanted = filters.map((one) => (typeof one === 'string' ? one : one.filter));
        calls.push(wanted);
        inner.subscribe(filters);
      },
    };
    let ownAddresses = ['192.0.2.1'];
    const one = await start(here, 'one', {
      transport,
      protection: { announceAs: 'vallumd:one', ownAddresses: () => Promise.resolve(ownAddresses) },
    });
    await pass(here, 20);
    expect(calls.at(-1)).toEqual(['blacklist/#', 'vallumd/one/sync']);
    expect(one.node.status().protection?.allowed).toBe(false);
    expect(one.warnings).toEqual([
      expect.stringMatching(/ends the connection when this node reads/),
    ]);
    await publish(here, 'blacklist/add', '203.0.113.9');
    await pass(here, 1);
    expect(await one.members()).toEqual(['203.0.113.9']);
    // The administrator reloads, sees to the rules, and the host has got another address.
    await one.node.reconfigure({ topics: ['blacklist'], policy: { protectHost: false } });
    ownAddresses = ['192.0.2.1', '192.0.2.2'];
    broker.forbids = false;
    const two = await start(here, 'two');
    await pass(here, 560);
    expect(entriesOf(two)).toBe(0);
    expect(calls.at(-1)).not.toContain('vallum/protect/#');
    await pass(here, 30);
    expect(calls.at(-1)).toContain('vallum/protect/#');
    const protectedThere: string[] = [];
    for await (const { address } of two.node.leases(PROTECT_SET)) protectedThere.push(address);
    expect(protectedThere.sort()).toEqual(['192.0.2.1', '192.0.2.2']);
    await publish(here, 'vallum/protect/add', '203.0.113.9 origin admin.alice');
    await pass(here, 1);
    expect(await one.members()).toEqual([]);
    expect(one.node.status().protection?.allowed).toBe(true);
    for (const { node } of [one, two]) await node.close();
  });
});
