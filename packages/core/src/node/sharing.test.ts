import { describe, expect, it } from '@jest/globals';
import { addressColumns } from '../address/address-columns.js';
import { parseAddress } from '../address/parse.js';
import { listMembers } from '../backend/list-members.js';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { bucketOf, hashAddress, hashLanes } from '../lease/item-hash.js';
import { createMemoryStore } from '../testing/memory-store.js';
import type { Vallum, VallumOptions } from './vallum-types.js';
import { createVallum } from './vallum.js';
import { pass, S, sets, world, type World } from './world.fixture.js';

interface Machine {
  readonly name: string;
  readonly node: Vallum;
  readonly heard: string[];
  members(): Promise<string[]>;
}

async function start(
  { clock, broker }: World,
  name: string,
  more: Partial<VallumOptions> = {},
): Promise<Machine> {
  const backend = createMemoryBackend({ sets, clock });
  const heard: string[] = [];
  const node = await createVallum({
    topics: ['blacklist'],
    backend,
    transport: broker.transport(name),
    repair: { node: name },
    policy: { protectHost: false },
    deps: { clock },
    ...more,
    listeners: {
      notice: (sentence) => heard.push(sentence),
      warning: (sentence) => heard.push(sentence),
      echo: (topic, outcome) => heard.push(`${topic} ${outcome}`),
      repair: (outcome) => heard.push(outcome),
      report: (report) => {
        if ('address' in report) heard.push(`${report.via}: ${report.outcome} ${report.address}`);
      },
    },
  });
  const members = async () =>
    (await listMembers(backend, S)).map(({ address }) => address.text).sort();
  return { name, node, heard, members };
}

/** In the same bucket of the digest as 192.0.2.1: what differs in one is compared together. */
const neighbour = sameBucketAs('192.0.2.1');

function sameBucketAs(text: string): string {
  const bucket = bucketOfAddress(text);
  for (let number = 0; ; number += 1) {
    const other = `10.0.${String(number >> 8)}.${String(number & 255)}`;
    if (bucketOfAddress(other) === bucket) return other;
  }
}

function bucketOfAddress(text: string): number {
  const columns = addressColumns('ipv4', [addressOf(text)]);
  const lanes = hashLanes();
  hashAddress(columns.words, 0, 1, 32, lanes);
  return bucketOf(lanes);
}

function addressOf(text: string) {
  const address = parseAddress(text);
  if (!address.ok) throw new Error(address.detail);
  return address.value;
}

const bare = (text: string) => ({ topic: 'blacklist/add', payload: text, qos: 1 }) as const;
const lifted = (text: string) => ({ topic: 'blacklist/del', payload: text, qos: 1 }) as const;

describe('nodes that repair', () => {
  it('say of an unban that comes again that it has ended nothing', async () => {
    const here = world();
    const { node } = await start(here, 'fw1');
    const absent: boolean[] = [];
    node.on('report', (report) => {
      if (report.outcome === 'unbanned') absent.push(report.absent);
    });
    const publisher = here.broker.transport('web1');
    publisher.open({ message: () => Promise.resolve(), connection: () => undefined });
    await publisher.publish(bare('192.0.2.1'));
    await pass(here, 1);
    const stamp = String(here.clock.nowMs());
    for (let time = 0; time < 2; time += 1) {
      await publisher.publish(lifted(`192.0.2.1 at ${stamp}`));
      await pass(here, 1);
    }
    expect(absent).toEqual([false, true]);
    await node.close();
  });

  it('teach a new node what they hold, live bans and what ended, and say so', async () => {
    const here = world();
    const first = await start(here, 'fw1');
    const publisher = here.broker.transport('web1');
    publisher.open({ message: () => Promise.resolve(), connection: () => undefined });
    await publisher.publish(bare('192.0.2.1'));
    await publisher.publish(bare('192.0.2.2'));
    await pass(here, 1);
    await publisher.publish(lifted('192.0.2.2'));
    await pass(here, 1);
    const second = await start(here, 'fw2');
    await pass(here, 10);
    expect(await second.members()).toEqual(['192.0.2.1']);
    expect(second.heard).toContain('repair: banned 192.0.2.1');
    expect(second.heard.join('\n')).toContain('took 2 from node fw1');
    const [one] = first.node.status().ledgers;
    const [other] = second.node.status().ledgers;
    expect(other).toMatchObject({ topic: 'blacklist', taken: 2, differing: 0 });
    expect(other?.digest).toBe(one?.digest);
    await pass(here, 60);
    expect(second.node.status().ledgers[0]).toMatchObject({ heard: true });
    await first.node.close();
    await second.node.close();
  });

  it('know who was heard, and how long the way through the broker and back takes', async () => {
    const here = world();
    const first = await start(here, 'fw1');
    const heard = new Set<string>();
    first.node.on('heard', (node) => heard.add(node));
    await pass(here, 2);
    expect(first.node.status().lagMs).toBe(0);
    expect(heard.size).toBe(0);
    const second = await start(here, 'fw2');
    await pass(here, 5);
    expect([...heard]).toEqual(['fw2']);
    here.broker.cut('fw1');
    await pass(here, 1);
    expect(first.node.status()).not.toHaveProperty('lagMs');
    const waiting = first.node.ban('192.0.2.1', { signal: AbortSignal.timeout(500) });
    await pass(here, 1);
    expect(first.node.status().queues).toEqual({
      incoming: { messages: 0, bytes: 0 },
      outgoing: { messages: 1, bytes: expect.any(Number) },
    });
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    await first.node.close();
    await second.node.close();
  });

  it('make up in both directions for what either of them missed', async () => {
    const here = world();
    const first = await start(here, 'fw1');
    const second = await start(here, 'fw2');
    await pass(here, 5);
    here.broker.cut('fw2');
    await pass(here, 1);
    await Promise.race([first.node.ban('192.0.2.1'), pass(here, 1)]);
    // No broker, and so only here.
    const waiting = second.node.ban('192.0.2.2', { signal: AbortSignal.timeout(1) });
    await expect(waiting).rejects.toMatchObject({ code: 'ABORTED' });
    here.broker.mend('fw2');
    await pass(here, 15);
    expect(await first.members()).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await second.members()).toEqual(['192.0.2.1', '192.0.2.2']);
    await first.node.close();
    await second.node.close();
  });

  it('lift what was swept while a node was away, whoever had put it into the set', async () => {
    const here = world();
    const store = createMemoryStore();
    const first = await start(here, 'fw1');
    const forgetful = () => here.broker.transport('fw2', { cleanStart: true });
    const second = await start(here, 'fw2', { store, transport: forgetful() });
    await Promise.race([first.node.ban('192.0.2.1'), pass(here, 1)]);
    await pass(here, 70);
    await second.node.close();
    const publisher = here.broker.transport('web1');
    publisher.open({ message: () => Promise.resolve(), connection: () => undefined });
    await pass(here, 5);
    await publisher.publish(lifted('192.0.2.1'));
    await publisher.publish(lifted(neighbour));
    await pass(here, 5);
    const backend = createMemoryBackend({ sets, clock: here.clock });
    for (const address of ['192.0.2.1', neighbour, '192.0.2.77']) backend.addMember(S, address);
    const back = await start(here, 'fw2', { store, backend, transport: forgetful() });
    await pass(here, 10);
    expect((await listMembers(backend, S)).map(({ address }) => address.text)).toEqual([
      '192.0.2.77',
    ]);
    await first.node.close();
    await back.node.close();
  });

  it('leave alone what stands in the set of a new node, whatever was swept before it came', async () => {
    const here = world();
    const first = await start(here, 'fw1');
    const publisher = here.broker.transport('web1');
    publisher.open({ message: () => Promise.resolve(), connection: () => undefined });
    await publisher.publish(lifted(neighbour));
    await publisher.publish(bare('192.0.2.1'));
    await pass(here, 5);
    const backend = createMemoryBackend({ sets, clock: here.clock });
    backend.addMember(S, neighbour);
    const second = await start(here, 'fw2', { backend });
    await pass(here, 10);
    expect(second.node.status().ledgers[0]).toMatchObject({ taken: 2 });
    expect((await listMembers(backend, S)).map(({ address }) => address.text).sort()).toEqual(
      ['192.0.2.1', neighbour].sort(),
    );
    await first.node.close();
    await second.node.close();
  });

  it('hold the same ledger where one of them may not enforce it all', async () => {
    const here = world();
    const first = await start(here, 'fw1');
    const careful = await start(here, 'fw2', {
      policy: { protectHost: false, protect: ['192.0.2.0/28'] },
    });
    await Promise.race([first.node.ban(['192.0.2.1', '198.51.100.1']), pass(here, 1)]);
    await pass(here, 5);
    const [one] = first.node.status().ledgers;
    const [other] = careful.node.status().ledgers;
    expect(other?.digest).toBe(one?.digest);
    expect(await careful.members()).toEqual(['198.51.100.1']);
    expect(careful.node.status().sets[0]).toMatchObject({ refused: 1 });
    await pass(here, 15);
    expect(careful.node.status().sets[0]).toMatchObject({
      refusals: [{ code: 'protected', count: 1, example: '192.0.2.1' }],
    });
    await first.node.close();
    await careful.node.close();
  });

  it('say it where the broker starves what they say to each other, and enforce all the same', async () => {
    const here = world({
      refusePublish: (client, topic) =>
        client === 'fw2' && topic.endsWith('/sync') ? 'not authorised' : undefined,
    });
    const first = await start(here, 'fw1');
    const mute = await start(here, 'fw2');
    await pass(here, 30);
    expect(mute.heard).toContain('blacklist/sync unheard');
    expect(mute.heard).toContain('vallumd/fw2/sync unheard');
    expect(mute.node.status().ledgers[0]).toMatchObject({ heard: false });
    await Promise.race([first.node.ban('192.0.2.1'), pass(here, 1)]);
    await pass(here, 1);
    expect(await mute.members()).toEqual(['192.0.2.1']);
    await first.node.close();
    await mute.node.close();
  });

  it('fall silent on a broker that ends the connection for it, and keep the connection', async () => {
    const here = world();
    const { broker } = here;
    const strict = broker.transport('fw1');
    const node = await start(here, 'fw1', {
      transport: {
        ...strict,
        open: (handlers) => {
          strict.open(handlers);
        },
        publish: (message, options) => {
          if (!message.topic.endsWith('/sync')) return strict.publish(message, options);
          setImmediate(() => {
            broker.cut('fw1');
            here.clock.after(500, () => {
              broker.mend('fw1');
            });
          });
          return Promise.resolve();
        },
      },
    });
    await pass(here, 20);
    expect(node.heard).toContain('silent');
    expect(node.node.status().connection).toBe('connected');
    await pass(here, 60);
    expect(node.node.status().connection).toBe('connected');
    await node.node.close();
  });

  it('take retained bans of a topic that is called sync as bans', async () => {
    const here = world();
    const publisher = here.broker.transport('web1');
    publisher.open({ message: () => Promise.resolve(), connection: () => undefined });
    const topic = 'site/sync';
    await publisher.publish({ topic, payload: '192.0.2.1', qos: 1, retain: true });
    const one = await start(here, 'fw1', { topics: [`${topic}=blacklist`] });
    await pass(here, 2);
    expect(await one.members()).toEqual(['192.0.2.1']);
    await one.node.close();
  });

  it('compare and mend at once where they are told to', async () => {
    const here = world();
    const backend = createMemoryBackend({ sets, clock: here.clock });
    const one = await start(here, 'fw1', { backend });
    await Promise.race([one.node.ban('192.0.2.1'), pass(here, 1)]);
    await pass(here, 60);
    await backend.apply([{ op: 'del', set: S, address: addressOf('192.0.2.1') }]);
    expect(await listMembers(backend, S)).toEqual([]);
    await Promise.race([one.node.reconcile(), pass(here, 2)]);
    expect((await listMembers(backend, S)).map(({ address }) => address.text)).toEqual([
      '192.0.2.1',
    ]);
    await one.node.close();
  });
});

describe('a node that was away for longer than withdrawals are remembered', () => {
  it('gives up what no other holds, and says so', async () => {
    const here = world();
    const store = createMemoryStore();
    const gone = await start(here, 'fw2', { store, rememberSeconds: 3_600 });
    await Promise.race([gone.node.ban('192.0.2.1'), pass(here, 1)]);
    await pass(here, 700);
    await gone.node.close();
    const other = await start(here, 'fw1', { rememberSeconds: 3_600 });
    await pass(here, 700);
    here.clock.advance(3_600_000);
    await pass(here, 5);
    const back = await start(here, 'fw2', {
      store,
      rememberSeconds: 3_600,
    });
    await pass(here, 30);
    expect(await back.members()).toEqual([]);
    expect(back.heard.join('\n')).toMatch(/away for longer than withdrawals are remembered/);
    expect(back.heard.join('\n')).toMatch(/gives up 1 lease/);
    expect(await other.members()).toEqual([]);
    await other.node.close();
    await back.node.close();
  });
});

describe('what a node does not enforce', () => {
  it('is in its status with the reason: no set of the family, a set that is full', async () => {
    const here = world();
    const backend = createMemoryBackend({
      sets: [{ set: S, type: 'hash:ip', family: 'ipv4', maxEntries: 1 }],
      clock: here.clock,
    });
    const small = await start(here, 'fw1', { backend });
    const publisher = here.broker.transport('web1');
    publisher.open({ message: () => Promise.resolve(), connection: () => undefined });
    await publisher.publish(bare('192.0.2.1\n192.0.2.2\n192.0.2.3\n198.51.100.0/24\n2001:db8::1'));
    await pass(here, 20);
    expect(small.node.status().sets[0]).toMatchObject({
      ...{ bans: 3, pending: 2, waiting: 2, refused: 2 },
      refusals: [
        { code: 'prefix-unsupported', count: 1, example: '198.51.100.0/24' },
        { code: 'wrong-family', count: 1 },
      ],
    });
    await small.node.close();
  });
});
