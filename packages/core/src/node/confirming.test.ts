import { afterEach, describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { parseReply, type Reply } from '../message/reply.js';
import { systemClock } from '../system/clock.js';
import { createMemoryBroker, type MemoryBroker } from '../testing/memory-broker.js';
import type { Transport } from '../transport/transport.js';
import type { SetName } from '../words/names.js';
import type { Vallum, VallumOptions } from './vallum-types.js';
import { createVallum } from './vallum.js';

const S = 'blacklist' as SetName;
const timed = { set: S, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;

const open: Vallum[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((node) => node.close()));
});

async function firewall(
  broker: MemoryBroker,
  name: string,
  more: Partial<VallumOptions> = {},
): Promise<Vallum> {
  const node = await createVallum({
    topics: ['blacklist'],
    backend: createMemoryBackend({ sets: [timed] }),
    transport: broker.transport(name),
    answers: { node: name },
    policy: { protectHost: false },
    ...more,
  });
  open.push(node);
  return node;
}

async function publisher(broker: MemoryBroker): Promise<Vallum> {
  const transport = broker.transport('publisher');
  const node = await createVallum({ topics: ['blacklist'], transport, origin: 'web1.sshd' });
  open.push(node);
  return node;
}

/** A client that speaks for itself. */
function client(broker: MemoryBroker, ...filters: string[]) {
  const transport: Transport = broker.transport('client');
  const heard: { topic: string; reply: Reply | undefined }[] = [];
  transport.subscribe(filters);
  transport.open({
    message: ({ topic, payload }) => {
      const reply = parseReply(payload);
      heard.push({ topic, reply: reply.ok ? reply.value : undefined });
      return Promise.resolve();
    },
    connection: () => undefined,
  });
  return { transport, heard };
}

const tick = (milliseconds = 20) => new Promise((resolve) => setTimeout(resolve, milliseconds));

describe('confirm', () => {
  it('says that all nodes hold a ban, as soon as they do', async () => {
    const broker = createMemoryBroker();
    await firewall(broker, 'fw1');
    await firewall(broker, 'fw2');
    const web = await publisher(broker);
    await web.ban('192.0.2.7', { timeoutSeconds: 60 });
    const confirmation = await web.confirm('192.0.2.7', { count: 2, origin: 'web1.sshd' });
    expect(confirmation).toMatchObject({ confirmed: true, undone: [], missing: [] });
    expect([...confirmation.done].sort()).toEqual(['fw1', 'fw2']);
    expect(confirmation.tookMs).toBeLessThan(2_000);
  });

  it('does not count who only remembers', async () => {
    const broker = createMemoryBroker();
    await firewall(broker, 'fw1');
    await firewall(broker, 'keeper', { answers: { node: 'keeper', enforces: false } });
    const web = await publisher(broker);
    await web.ban('192.0.2.7', { timeoutSeconds: 60 });
    const asked = { origin: 'web1.sshd', timeoutMs: 300 };
    expect(await web.confirm('192.0.2.7', { ...asked, count: 2 })).toMatchObject({
      ...{ confirmed: false, done: ['fw1'], undone: [] },
    });
    expect(await web.confirm('192.0.2.7', asked)).toMatchObject({ confirmed: true, done: ['fw1'] });
    expect(await web.confirm('192.0.2.7', { ...asked, nodes: ['keeper'] })).toMatchObject({
      ...{ confirmed: false, undone: [{ node: 'keeper' }] },
    });
  });

  it('names who has it not and why, and who does not answer', async () => {
    const broker = createMemoryBroker();
    await firewall(broker, 'fw1');
    await firewall(broker, 'fw2', { policy: { protect: ['192.0.2.0/24'], protectHost: false } });
    await firewall(broker, 'fw3', { backend: createMemoryBackend({ sets: [] }) });
    const web = await publisher(broker);
    await web.ban('192.0.2.7', { timeoutSeconds: 60 });
    const nodes = ['fw1', 'fw2', 'fw3', 'fw4'];
    const { undone, ...rest } = await web.confirm('192.0.2.7', { nodes, timeoutMs: 100 });
    expect(rest).toMatchObject({ confirmed: false, done: ['fw1'], missing: ['fw4'] });
    expect([...undone].sort((one, other) => (one.node < other.node ? -1 : 1))).toMatchObject([
      { node: 'fw2', exceptions: [{ address: '192.0.2.7', state: 'refused', code: 'protected' }] },
      { node: 'fw3', exceptions: [{ address: '192.0.2.7', state: 'pending' }] },
    ]);
  });

  it('waits for what has not come yet, and says unknown where it never does', async () => {
    const broker = createMemoryBroker();
    const fw1 = await firewall(broker, 'fw1');
    const web = await publisher(broker);
    const asked = web.confirm('192.0.2.7', { count: 1 });
    await tick();
    await fw1.ban('192.0.2.7', { timeoutSeconds: 60 });
    expect(await asked).toMatchObject({ confirmed: true, done: ['fw1'] });
    expect(await web.confirm('192.0.2.8', { count: 1, timeoutMs: 50 })).toMatchObject({
      confirmed: false,
      undone: [{ node: 'fw1', exceptions: [{ state: 'unknown' }] }],
    });
  });

  it('takes a ban for done only where it is the one that was asked for', async () => {
    const broker = createMemoryBroker();
    const fw1 = await firewall(broker, 'fw1');
    const web = await publisher(broker);
    await fw1.ban('192.0.2.7', { timeoutSeconds: 60, origin: 'ids' });
    const stamp = new Date(Date.now() - 1_000);
    const ofWeb = { count: 1, origin: 'web1.sshd', stamp, timeoutMs: 50 };
    expect(await web.confirm('192.0.2.7', ofWeb)).toMatchObject({ confirmed: false });
    await web.ban('192.0.2.7', { timeoutSeconds: 60 });
    expect(await web.confirm('192.0.2.7', ofWeb)).toMatchObject({ confirmed: true });
  });

  it('says of an unban whether the set holds the address no more, and who keeps it', async () => {
    const broker = createMemoryBroker();
    const fw1 = await firewall(broker, 'fw1');
    const web = await publisher(broker);
    await web.ban(['192.0.2.7', '192.0.2.8'], { timeoutSeconds: 60 });
    await fw1.ban('192.0.2.8', { timeoutSeconds: 60, origin: 'ids' });
    await web.unban(['192.0.2.7', '192.0.2.8']);
    const gone = { kind: 'gone', count: 1, timeoutMs: 500 } as const;
    expect(await web.confirm('192.0.2.7', gone)).toMatchObject({ confirmed: true });
    expect(await web.confirm('192.0.2.8', gone)).toMatchObject({
      confirmed: false,
      undone: [{ exceptions: [{ code: 'held', detail: 'the lease of ids keeps the ban' }] }],
    });
  });

  it('fails where answers may not be read, and without a transport', async () => {
    const broker = createMemoryBroker({
      refuseSubscribe: (_, filter) =>
        filter.startsWith('vallumd/reply/') ? 'not yours' : undefined,
    });
    const web = await publisher(broker);
    await expect(web.confirm('192.0.2.7')).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    const alone = await createVallum({ topics: ['blacklist'], backend: createMemoryBackend() });
    open.push(alone);
    await expect(alone.confirm('192.0.2.7')).rejects.toMatchObject({ code: 'INVALID_ARGUMENT' });
  });
});

describe('fleet', () => {
  it('gathers what each node says of itself', async () => {
    const broker = createMemoryBroker();
    await firewall(broker, 'fw1');
    const describe = () => ({ version: '1.2.3' });
    await firewall(broker, 'fw2', { answers: { node: 'fw2', describe } });
    const web = await publisher(broker);
    const fleet = await web.fleet({ timeoutMs: 50 });
    expect([...fleet.keys()].sort()).toEqual(['fw1', 'fw2']);
    expect(fleet.get('fw2')).toEqual({ version: '1.2.3' });
    expect(fleet.get('fw1')).toMatchObject({ sets: [{ set: 'blacklist', bans: 0 }] });
  });

  it('tells how long each took to answer, by whatever time of day each thinks it is', async () => {
    const broker = createMemoryBroker();
    await firewall(broker, 'fw1', { deps: { clock: { ...systemClock, nowMs: () => 0 } } });
    const heard: string[] = [];
    const web = await publisher(broker);
    web.on('heard', (node) => heard.push(node));
    const took: [string, number][] = [];
    await web.fleet({ timeoutMs: 50, answered: (...one) => took.push(one) });
    expect(took).toEqual([['fw1', expect.any(Number)]]);
    expect(took[0]![1]).toBeGreaterThan(0);
    expect(took[0]![1]).toBeLessThan(60_000);
    expect(heard).toEqual(['fw1']);
  });

  it('does not wait for a broker that is away', async () => {
    const broker = createMemoryBroker();
    const web = await publisher(broker);
    broker.stop();
    await expect(web.fleet({ timeoutMs: 50 })).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    });
    const signal = AbortSignal.abort('enough');
    await expect(web.fleet({ timeoutMs: 50, signal })).rejects.toMatchObject({ code: 'ABORTED' });
    expect(web.status().queues).toMatchObject({ outgoing: { messages: 0, bytes: 0 } });
  });
});

describe('a question', () => {
  it('of why is answered with all leases, to the topic that it names', async () => {
    const broker = createMemoryBroker();
    const fw1 = await firewall(broker, 'fw1');
    await fw1.ban('192.0.2.0/24', { origin: 'feed', until: 'never', reason: 'list "a"' });
    const { transport, heard } = client(broker, 'vallumd/reply/me');
    const question = { v: 1, id: '0123456789abcdef', kind: 'why', addresses: ['192.0.2.9'] };
    const payload = JSON.stringify({ ...question, reply: 'vallumd/reply/me' });
    await transport.publish({ topic: 'blacklist/ask', payload });
    await tick();
    expect(heard).toMatchObject([
      {
        topic: 'vallumd/reply/me',
        reply: {
          from: 'fw1',
          blocked: true,
          bans: [
            {
              address: '192.0.2.0/24',
              relation: 'around',
              state: 'enforced',
              leases: [{ kind: 'lease', origin: 'feed', until: 'never', reason: 'list "a"' }],
            },
          ],
        },
      },
    ]);
    await transport.close();
  });

  it('that names another topic for its answer, or is malformed, is not answered', async () => {
    const broker = createMemoryBroker();
    const warnings: string[] = [];
    await firewall(broker, 'fw1', { listeners: { warning: (text) => warnings.push(text) } });
    const { transport, heard } = client(broker, '#');
    const good = { v: 1, id: '0123456789abcdef', kind: 'why', addresses: ['192.0.2.9'] };
    const replies = ['blacklist/add', 'vallumd/reply/a/b', 'vallumd/reply/+', 'vallumd/fw1', 7];
    const bad = [
      ...replies.map((reply) => ({ ...good, reply })),
      { ...good, reply: 'vallumd/reply/me', addresses: [] },
      { ...good, reply: 'vallumd/reply/me', addresses: ['192.0.2.9', '192.0.2.8'] },
      { ...good, reply: 'vallumd/reply/me', addresses: ['localhost'] },
      { ...good, reply: 'vallumd/reply/me', kind: 'other' },
      { ...good, reply: 'vallumd/reply/me', id: 'x' },
      { ...good, reply: 'vallumd/reply/me', wait: 3_600_000 },
      { ...good, reply: 'vallumd/reply/me', v: 2 },
    ];
    for (const question of bad) {
      await transport.publish({ topic: 'blacklist/ask', payload: JSON.stringify(question) });
    }
    await transport.publish({ topic: 'blacklist/ask', payload: Uint8Array.of(0xff, 0x7b) });
    await tick();
    expect(heard.filter(({ topic }) => topic !== 'blacklist/ask')).toEqual([]);
    expect(warnings).toHaveLength(1);
    await transport.close();
  });

  it('asked too often is left unanswered, and the bans behind it are not', async () => {
    const broker = createMemoryBroker();
    const fw1 = await firewall(broker, 'fw1');
    const { transport, heard } = client(broker, 'vallumd/reply/me');
    const question = { v: 1, id: '0123456789abcdef', kind: 'why', addresses: ['192.0.2.9'] };
    const payload = JSON.stringify({ ...question, reply: 'vallumd/reply/me' });
    for (let number = 0; number < 2_000; number += 1) {
      await transport.publish({ topic: 'blacklist/ask', payload });
    }
    await transport.publish({ topic: 'blacklist/add', payload: '192.0.2.1' });
    await tick(200);
    expect(heard.length).toBeLessThan(1_000);
    expect(heard.length).toBeGreaterThan(0);
    expect(await fw1.explain('192.0.2.1')).toMatchObject({ blocked: true });
    await transport.close();
  });
});
