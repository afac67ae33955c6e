import { describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import type { Backend, Change, ChangeReport } from '../backend/backend.js';
import { createVolatileStore } from '../journal/volatile-store.js';
import type { SetName } from '../words/names.js';
import type { Report } from '../enforce/report.js';
import { createFakeClock } from '../testing/fake-clock.js';
import type { OutgoingMessage, Transport, TransportHandlers } from '../transport/transport.js';
import { createVallum } from './vallum.js';
import { listMembers } from '../backend/list-members.js';

const S = 'blacklist' as SetName;
const sets = [{ set: S, type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 }] as const;
const policy = { protectHost: false } as const;

/** A broker's end of the line. */
class Line implements Transport {
  handlers: TransportHandlers | undefined;
  readonly sent: OutgoingMessage[] = [];
  filters: readonly string[] = [];
  confirm: Promise<void> = Promise.resolve();
  closed = false;

  open(handlers: TransportHandlers) {
    this.handlers = handlers;
  }
  subscribe(filters: readonly string[]) {
    this.filters = filters;
  }
  async publish(message: OutgoingMessage) {
    await this.confirm;
    this.sent.push(message);
  }
  close() {
    this.closed = true;
    return Promise.resolve();
  }
  get(topic: string, payload: string): Promise<void> {
    const message = { topic, payload: Buffer.from(payload), retained: false };
    return this.handlers?.message(message) ?? Promise.reject(new Error('not open'));
  }
  connect(brokerAddresses: readonly string[] = []) {
    this.handlers?.connection({
      state: 'connected',
      sessionPresent: false,
      protocolVersion: 5,
      brokerAddresses,
    });
  }
}

/** Memory whose changes wait until they are let through. */
function gated() {
  let open = (): void => undefined;
  const gate = new Promise<void>((resolve) => (open = resolve));
  const memory = createMemoryBackend({ sets });
  const apply = async (changes: readonly Change[]): Promise<ChangeReport[]> => {
    await gate;
    return memory.apply(changes);
  };
  const backend: Backend = { ...memory, apply };
  return { backend, memory, open };
}

async function isPending(promise: Promise<unknown>): Promise<boolean> {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  return Promise.race([promise.then(() => false), Promise.resolve(true)]);
}

describe('a message', () => {
  it('is acknowledged only when it is in the kernel, where there is no journal', async () => {
    const { backend, memory, open } = gated();
    const line = new Line();
    const node = await createVallum({ topics: ['blacklist'], backend, transport: line, policy });
    const acknowledged = line.get('blacklist/add', '192.0.2.7');
    expect(await isPending(acknowledged)).toBe(true);
    open();
    await acknowledged;
    expect(await listMembers(memory, S)).toHaveLength(1);
    await node.close();
  });

  it('is acknowledged as soon as it is in the journal, where there is one', async () => {
    const { backend, open } = gated();
    const line = new Line();
    const order: string[] = [];
    const store = {
      ...createVolatileStore(),
      durable: true,
      append: () => void order.push('journal'),
    };
    const node = await createVallum({
      topics: ['blacklist'],
      backend,
      transport: line,
      store,
      policy,
    });
    await line.get('blacklist/add', '192.0.2.7').then(() => order.push('acknowledged'));
    expect(order).toEqual(['journal', 'acknowledged']);
    open();
    await node.close();
  });

  it('is acknowledged only when it is in the kernel, while the journal cannot be written', async () => {
    const { backend, open } = gated();
    const line = new Line();
    const store = {
      ...createVolatileStore(),
      durable: true,
      append: () => {
        throw new Error('disk full');
      },
    };
    const node = await createVallum({
      topics: ['blacklist'],
      backend,
      transport: line,
      store,
      policy,
    });
    const acknowledged = line.get('blacklist/add', '192.0.2.7');
    expect(await isPending(acknowledged)).toBe(true);
    open();
    await acknowledged;
    await node.close();
  });

  it('tells that its topic is heard, at most once a minute, and not of what was retained', async () => {
    const line = new Line();
    const clock = createFakeClock();
    const heard: string[] = [];
    const node = await createVallum({
      ...{ topics: ['a', 'b/c=b'], transport: line, policy, deps: { clock } },
      backend: createMemoryBackend({ sets: [] }),
      listeners: { received: (topic) => heard.push(topic) },
    });
    const payload = Buffer.from('[]');
    await line.handlers?.message({ topic: 'a/add', payload, retained: true });
    await line.get('a/sync', '{"v":1,"x-probe":1}');
    await line.get('a/elsewhere', '[]');
    expect(heard).toEqual([]);
    await line.get('a/add', '[]');
    await line.get('a/del', '[]');
    await line.get('b/c', 'nonsense');
    expect(heard).toEqual(['a', 'b/c']);
    clock.advance(60_000);
    await line.get('a', '[]');
    expect(heard).toEqual(['a', 'b/c', 'a']);
    await node.close();
  });

  it('loses only what of it is bad, and each entry is reported', async () => {
    const line = new Line();
    const reports: Report[] = [];
    const node = await createVallum({
      topics: ['site/a=blacklist'],
      backend: createMemoryBackend({ sets }),
      transport: line,
      policy,
      listeners: { report: (report) => reports.push(report) },
    });
    expect(line.filters).toEqual(['site/a/#', 'vallum/protect/#']);
    await line.get('site/a/add', '192.0.2.7\nlocalhost\n127.0.0.1\n192.0.2.8 timeout 60');
    await line.get('site/a/nonsense', '192.0.2.9');
    expect(reports.map((report) => [report.outcome, report.place]).sort()).toEqual([
      ['banned', 'line 1'],
      ['banned', 'line 4'],
      ['refused', 'line 3'],
      ['rejected', 'line 2'],
      ['rejected', 'topic'],
    ]);
    await node.close();
  });

  it('cannot ban the broker that it came from', async () => {
    let asked = 0;
    const line = new Line();
    const reports: Report[] = [];
    const node = await createVallum({
      topics: ['blacklist'],
      backend: createMemoryBackend({ sets }),
      transport: line,
      // Slow from the second time on: the broker is safe without waiting for it.
      policy: {
        protectHost: () => (asked++ > 0 ? new Promise(() => undefined) : Promise.resolve([])),
      },
      listeners: { report: (report) => reports.push(report) },
    });
    line.connect(['192.0.2.7']);
    await line.get('blacklist/add', '192.0.2.7');
    expect(reports).toMatchObject([{ outcome: 'refused', code: 'protected' }]);
    await node.close();
  });
});

describe('a call of ban', () => {
  it('publishes what was asked where there is no backend, and says so', async () => {
    const line = new Line();
    const reports: Report[] = [];
    const node = await createVallum({
      topics: ['site/a=blacklist', 'site/b=blacklist'],
      transport: line,
      origin: 'web1',
      listeners: { report: (report) => reports.push(report) },
    });
    const answers = await node.ban(['192.0.2.7', 'x', '2001:db8::/32'], {
      until: 'never',
      reason: 'sshd',
    });
    expect(answers.map(({ outcome }) => outcome)).toEqual(['published', 'rejected', 'published']);
    expect(reports).toEqual(answers);
    await node.unban('192.0.2.7', { origin: 'web2' });
    expect(line.sent).toEqual([
      {
        topic: 'site/a/add',
        payload: expect.stringMatching(
          /^192\.0\.2\.7 until never origin web1 at \d{13} reason "sshd"\n2001:db8::\/32 until never origin web1 at \d{13} reason "sshd"$/,
        ),
        qos: 1,
      },
      {
        topic: 'site/a/del',
        payload: expect.stringMatching(/^192\.0\.2\.7 origin web2 at \d{13}(\.\d+)?$/),
        qos: 1,
      },
    ]);
    const queues = { incoming: { messages: 0, bytes: 0 } };
    expect(node.status()).toEqual({ connection: 'disconnected', sets: [], ledgers: [], queues });
    expect(line.filters).toEqual([]);
    await node.close();
  });

  it('enforces and publishes where both are there, but not what policy forbids', async () => {
    const line = new Line();
    const memory = createMemoryBackend({ sets });
    const node = await createVallum({
      topics: ['blacklist'],
      backend: memory,
      transport: line,
      policy,
    });
    const asked = await node.ban(['192.0.2.7', '127.0.0.1', '10.0.0.0/8', '2001:db8::1']);
    expect(asked.map(({ outcome }) => outcome)).toEqual([
      'banned',
      'refused',
      'refused',
      'refused',
    ]);
    // No set for IPv6 here; others may have one.
    expect(line.sent.map(({ payload }) => payload)).toEqual(['192.0.2.7\n2001:db8::1']);
    expect(await listMembers(memory, S)).toHaveLength(1);
    await node.close();
  });

  it('is confirmed before close goes, while there is a broker', async () => {
    const line = new Line();
    let confirm = (): void => undefined;
    line.confirm = new Promise((resolve) => (confirm = resolve));
    const node = await createVallum({ topics: ['blacklist'], transport: line });
    line.connect();
    const asked = node.ban('192.0.2.7');
    const closed = node.close();
    expect(await isPending(closed)).toBe(true);
    expect(line.closed).toBe(false);
    confirm();
    await closed;
    expect(await asked).toMatchObject([{ outcome: 'published' }]);
  });
});

describe('createVallum', () => {
  it('wants a backend or a transport, and topics that can be', async () => {
    await expect(createVallum({ topics: ['x'] })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
    const transport = new Line();
    await expect(createVallum({ topics: [], transport })).rejects.toThrow('at least one topic');
    await expect(createVallum({ topics: ['a/#'], transport })).rejects.toThrow('"a/#"');
  });

  it('passes on what the transport tells', async () => {
    const line = new Line();
    const heard: unknown[] = [];
    const node = await createVallum({ topics: ['blacklist'], transport: line });
    node.on('subscription', (filter, outcome) => heard.push([filter, outcome]));
    const stop = node.on('warning', (sentence) => heard.push(sentence));
    line.handlers?.subscription?.('blacklist/#', 'granted');
    line.handlers?.warning?.('odd');
    stop();
    line.handlers?.warning?.('odder');
    expect(heard).toEqual([['blacklist/#', 'granted'], 'odd']);
    await node.close();
  });

  it('keeps the last known addresses of the host while they cannot be found', async () => {
    const clock = createFakeClock();
    const warnings: string[] = [];
    let fail = false;
    const node = await createVallum({
      topics: ['blacklist'],
      backend: createMemoryBackend({ sets, clock }),
      deps: { clock },
      listeners: { warning: (sentence) => warnings.push(sentence) },
      policy: {
        protect: ['192.0.2.7'],
        protectHost: () => (fail ? Promise.reject(new Error('EMFILE')) : Promise.resolve([])),
      },
    });
    fail = true;
    clock.advance(60_000);
    await isPending(Promise.resolve());
    expect(warnings).toEqual([
      "cannot look for this host's own addresses, so those last known stay protected: EMFILE",
    ]);
    expect(await node.ban('192.0.2.7')).toMatchObject([{ code: 'protected' }]);
    await node.close();
  });
});
