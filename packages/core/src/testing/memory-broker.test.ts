import { describe, expect, it } from '@jest/globals';
import type { ConnectionState, Transport, TransportHandlers } from '../transport/transport.js';
import { createFakeClock } from './fake-clock.js';
import { createMemoryBroker } from './memory-broker.js';

interface Seen {
  readonly messages: string[];
  readonly states: ConnectionState[];
  readonly subscriptions: string[];
  readonly warnings: string[];
  handler: (text: string) => Promise<void>;
}

/** Opens a transport that writes down what it gets: `topic=payload`, `!` behind retained ones. */
function open(transport: Transport, ...filters: string[]): Seen {
  const seen: Seen = {
    messages: [],
    states: [],
    subscriptions: [],
    warnings: [],
    handler: () => Promise.resolve(),
  };
  const handlers: TransportHandlers = {
    message({ topic, payload, retained }) {
      const text = `${topic}=${Buffer.from(payload).toString()}${retained ? '!' : ''}`;
      seen.messages.push(text);
      return seen.handler(text);
    },
    connection: (state) => seen.states.push(state),
    warning: (sentence) => seen.warnings.push(sentence),
    subscription: (filter, outcome) =>
      seen.subscriptions.push(outcome === 'granted' ? filter : `${filter}: ${outcome.refused}`),
  };
  transport.open(handlers);
  transport.subscribe(filters);
  return seen;
}

const text = (payload: Uint8Array | undefined): string => Buffer.from(payload ?? []).toString();

describe('the memory broker', () => {
  it('delivers to every subscriber of a matching filter, in order', async () => {
    const broker = createMemoryBroker();
    const sender = broker.transport('sender');
    const own = open(sender, 'a/+/c');
    const all = open(broker.transport('all'), '#');
    const none = open(broker.transport('none'), 'a/b', 'a/b/c/d/#', '+/x');
    const parent = open(broker.transport('parent'), 'a/b/c/#', '$SYS/+');
    await broker.settled();
    await sender.publish({ topic: 'a/b/c', payload: '1' });
    await sender.publish({ topic: 'a/b/c', payload: '2', qos: 0 });
    await sender.publish({ topic: '$SYS/x', payload: '3', qos: 2 });
    await broker.settled();
    expect(own.messages).toEqual(['a/b/c=1', 'a/b/c=2']);
    expect(all.messages).toEqual(['a/b/c=1', 'a/b/c=2']);
    expect(none.messages).toEqual([]);
    expect(parent.messages).toEqual(['a/b/c=1', 'a/b/c=2', '$SYS/x=3']);
    expect(broker.published.map(({ qos }) => qos)).toEqual([1, 0, 2]);
  });

  it('keeps retained messages for who subscribes later, until they are cleared or expire', async () => {
    const clock = createFakeClock();
    const broker = createMemoryBroker({ clock });
    const sender = broker.transport('sender');
    open(sender);
    await broker.settled();
    await sender.publish({ topic: 'l/1', payload: 'old', retain: true });
    await sender.publish({ topic: 'l/1', payload: 'new', retain: true });
    await sender.publish({ topic: 'l/2', payload: 'brief', retain: true, expirySeconds: 60 });
    const early = open(broker.transport('early'), 'l/+');
    await broker.settled();
    expect(early.messages).toEqual(['l/1=new!', 'l/2=brief!']);
    clock.advance(60_000);
    expect([...broker.retained().keys()]).toEqual(['l/1']);
    expect(text(broker.retained().get('l/1'))).toBe('new');
    await sender.publish({ topic: 'l/1', payload: '', retain: true });
    const late = open(broker.transport('late'), 'l/+');
    await broker.settled();
    expect(late.messages).toEqual([]);
    expect(early.messages.at(-1)).toBe('l/1=');
  });

  it('queues for a client that is away, but nothing of QoS 0', async () => {
    const broker = createMemoryBroker({ brokerAddresses: ['192.0.2.1'] });
    const sender = broker.transport('sender');
    open(sender);
    const first = broker.transport('node');
    open(first, 'bans');
    await broker.settled();
    await first.close();
    await sender.publish({ topic: 'bans', payload: 'kept' });
    await sender.publish({ topic: 'bans', payload: 'lost', qos: 0 });
    expect(broker.queued('node')).toBe(1);
    const back = open(broker.transport('node'), 'bans');
    await broker.settled();
    expect(back.states).toEqual([
      {
        state: 'connected',
        sessionPresent: true,
        protocolVersion: 5,
        brokerAddresses: ['192.0.2.1'],
      },
    ]);
    expect(back.messages).toEqual(['bans=kept']);
    expect(broker.queued('node')).toBe(0);
  });

  it('forgets the session of a client that wants a clean start', async () => {
    const broker = createMemoryBroker();
    const sender = broker.transport('sender');
    open(sender);
    const options = { cleanStart: true, protocolVersion: 4, brokerAddresses: [] } as const;
    const first = broker.transport('node', options);
    open(first, 'bans');
    await broker.settled();
    await first.close();
    await sender.publish({ topic: 'bans', payload: 'lost' });
    const back = open(broker.transport('node', options), 'bans');
    await broker.settled();
    expect(back.states).toEqual([
      { state: 'connected', sessionPresent: false, protocolVersion: 4, brokerAddresses: [] },
    ]);
    expect(back.messages).toEqual([]);
  });

  it('gives a message again after a reconnect when its handler had not finished', async () => {
    const broker = createMemoryBroker();
    const sender = broker.transport('sender');
    open(sender);
    const node = open(broker.transport('node'), 'bans');
    await broker.settled();
    let finish = (): void => undefined;
    node.handler = (message) =>
      message === 'bans=2' ? new Promise((resolve) => (finish = resolve)) : Promise.resolve();
    for (const payload of ['1', '2', '3']) await sender.publish({ topic: 'bans', payload });
    await new Promise((resolve) => setImmediate(resolve));
    expect(node.messages).toEqual(['bans=1', 'bans=2']);
    expect(broker.queued('node')).toBe(2);
    broker.cut('node');
    finish();
    node.messages.length = 0;
    node.handler = () => Promise.resolve();
    broker.mend('node');
    await broker.settled();
    expect(node.messages).toEqual(['bans=2', 'bans=3']);
    expect(broker.queued('node')).toBe(0);
  });

  it('warns of a handler that fails and counts its message as confirmed', async () => {
    const broker = createMemoryBroker();
    const node = broker.transport('node');
    const seen = open(node, 'bans');
    seen.handler = () => Promise.reject(new Error('a bug'));
    await broker.settled();
    await node.publish({ topic: 'bans', payload: '1' });
    await broker.settled();
    expect(seen.warnings).toEqual(['the handler of a message on bans failed: Error: a bug']);
    expect(broker.queued('node')).toBe(0);
  });

  it('lets publishing wait while it is stopped, and has everybody back after its start', async () => {
    const broker = createMemoryBroker();
    const sender = broker.transport('sender');
    const seen = open(sender, 'bans');
    await broker.settled();
    broker.stop();
    const waiting = sender.publish({ topic: 'bans', payload: '1' });
    const late = open(broker.transport('late'), 'bans');
    await broker.settled();
    broker.start();
    await broker.settled();
    await waiting;
    await sender.publish({ topic: 'bans', payload: '2' });
    await broker.settled();
    expect(seen.states.map(({ state }) => state)).toEqual([
      'connected',
      'disconnected',
      'connected',
    ]);
    expect(late.states.map(({ state }) => state)).toEqual(['disconnected', 'connected']);
    expect(seen.messages).toEqual(['bans=1', 'bans=2']);
    expect(late.messages.at(-1)).toBe('bans=2');
  });

  it('fires a last will when a connection is cut, not when it is closed or the broker stops', async () => {
    const broker = createMemoryBroker();
    const will = { topic: 'vallumd/n', payload: 'gone', retain: true };
    const node = broker.transport('node', { will });
    open(node);
    await broker.settled();
    broker.stop();
    broker.start();
    await broker.settled();
    expect(broker.published).toEqual([]);
    broker.cut('node');
    broker.cut('node');
    expect(broker.published).toHaveLength(1);
    expect(text(broker.retained().get('vallumd/n'))).toBe('gone');
    broker.mend('node');
    await broker.settled();
    await node.close();
    await node.close();
    expect(broker.published).toHaveLength(1);
  });

  it('replaces filters, bringing retained messages of the new ones', async () => {
    const broker = createMemoryBroker();
    const node = broker.transport('node');
    const seen = open(node, 'a');
    await broker.settled();
    await node.publish({ topic: 'b', payload: '1', retain: true });
    node.subscribe(['b', 'b']);
    await node.publish({ topic: 'a', payload: '2' });
    await broker.settled();
    expect(seen.messages).toEqual(['b=1!']);
    expect(seen.subscriptions).toEqual(['a', 'b']);
  });

  it('applies access rules to each filter and topic', async () => {
    const broker = createMemoryBroker({
      refuseSubscribe: (_, filter) => (filter === 'secret' ? 'not authorised' : undefined),
      refusePublish: (clientId) => (clientId === 'guest' ? 'read only' : undefined),
    });
    const guest = broker.transport('guest');
    const seen = open(guest, 'secret', 'open');
    await broker.settled();
    expect(seen.subscriptions).toEqual(['secret: not authorised', 'open']);
    const refused = { code: 'BROKER_REFUSED' };
    await expect(guest.publish({ topic: 'a', payload: '' })).rejects.toMatchObject(refused);
    const other = broker.transport('other');
    open(other);
    await broker.settled();
    await expect(other.publish({ topic: 'a/#', payload: '' })).rejects.toMatchObject({
      code: 'INVALID_ARGUMENT',
    });
  });

  it('hands a session over to a second client of the same id', async () => {
    const broker = createMemoryBroker();
    const first = broker.transport('node');
    const before = open(first, 'a');
    await broker.settled();
    const after = open(broker.transport('node'), 'a');
    await broker.settled();
    expect(before.states.at(-1)).toMatchObject({ state: 'disconnected' });
    const stranded = expect(first.publish({ topic: 'a', payload: '' })).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    });
    await first.close();
    await stranded;
    expect(after.states).toHaveLength(1);
    expect(() => {
      first.open({ message: async () => {}, connection: () => {} });
    }).toThrow('closed');
    await expect(first.publish({ topic: 'a', payload: '' })).rejects.toMatchObject({
      code: 'CLOSED',
    });
  });

  it('says so of a message that nobody has subscribed to', async () => {
    const broker = createMemoryBroker();
    const transport = broker.transport('a');
    open(transport, 'own');
    await broker.settled();
    const caveats: string[] = [];
    for (const topic of ['own', 'typo']) {
      const caveat = (what: string) => caveats.push(`${topic} ${what}`);
      await transport.publish({ topic, payload: 'x' }, { caveat });
    }
    expect(caveats).toEqual(['typo unheard']);
  });
});
