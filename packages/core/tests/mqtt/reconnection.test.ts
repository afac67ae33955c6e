import { createServer, type AddressInfo, type Socket } from 'node:net';
import aedesPackage from 'aedes';
import { afterEach, describe, expect, it } from '@jest/globals';
import { freePort, startMosquitto, suiteNeeding, waitFor } from '@vallum/test-kit';
import { openTransport } from './opened-transport.js';

const cleanups: (() => void)[] = [];

afterEach(() => {
  for (const cleanup of cleanups.splice(0)) cleanup();
});

async function listen(onConnection: (socket: Socket) => void): Promise<number> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

suiteNeeding(['mosquitto'], 'a broker that comes and goes', () => {
  it('need not be up at the start', async () => {
    const port = await freePort();
    const client = openTransport({ host: '127.0.0.1', port }, ['a']);
    const state = await client.reaches('disconnected');
    expect(state.detail).toBe(
      `cannot reach mqtt://127.0.0.1:${port}: connection refused: ` +
        'is the broker running, is the port right?',
    );
    const publishing = client.transport.publish({ topic: 'a', payload: 'patient' });
    await startMosquitto({ port });
    await publishing;
    expect(await client.received(1)).toEqual(['patient']);
  });

  it('may restart several times: subscriptions, messages and publications come through', async () => {
    const broker = await startMosquitto({ persistence: true });
    const receiver = openTransport({ url: broker.url, clientId: 'node1', cleanSession: false }, [
      'a',
    ]);
    const sender = openTransport({ url: broker.url });
    await receiver.granted('a');
    const sent: string[] = [];
    for (const [round, how] of (['stop', 'kill', 'stop'] as const).entries()) {
      await broker[how]();
      const payloads = [`${round}a`, `${round}b`];
      sent.push(...payloads);
      const publishing = payloads.map((payload) =>
        sender.transport.publish({ topic: 'a', payload, qos: 2 }),
      );
      await receiver.reaches('disconnected');
      await broker.start();
      await Promise.all(publishing);
      await waitFor(() => payloads.every((payload) => receiver.payloads.includes(payload)), {
        what: payloads.join(),
      });
    }
    expect([...new Set(receiver.payloads)].sort()).toEqual(sent);
  });

  it('speaks MQTT 3.1.1 only: the client falls back, and remembers', async () => {
    const broker = await startMosquitto({ maxProtocol: 4 });
    const client = openTransport({ url: broker.url }, ['a']);
    await client.granted('a');
    await broker.restart();
    await waitFor(() => client.states.filter(({ state }) => state === 'connected').length === 2);
    expect(client.states.map(({ state }) => state)).toEqual([
      'connected',
      ...client.states.slice(1, -1).map(() => 'disconnected'),
      'connected',
    ]);
    expect(client.states.at(-1)).toMatchObject({ protocolVersion: 4 });
    expect(client.warnings).toEqual([`${broker.url} refuses MQTT 5: trying MQTT 3.1.1`]);
  });
});

describe('a broker of another make', () => {
  it('refuses MQTT 5 as aedes does: the client falls back to 3.1.1 and works', async () => {
    const aedes = aedesPackage.createBroker();
    const port = await listen((socket) => aedes.handle(socket));
    cleanups.push(() => {
      aedes.close();
    });
    const client = openTransport({ host: '127.0.0.1', port, clientId: 'n', cleanSession: false }, [
      'a',
    ]);
    expect((await client.reaches('connected')).protocolVersion).toBe(4);
    await client.granted('a');
    await client.transport.publish({ topic: 'a', payload: 'hello', qos: 2 });
    expect(await client.received(1)).toEqual(['hello']);
  });

  it('refuses a filter in 3.1.1 with 0x80: it is reported, the others are granted', async () => {
    const aedes = aedesPackage.createBroker({
      authorizeSubscribe: (_client, subscription, callback) => {
        callback(null, subscription.topic === 'secret' ? null : subscription);
      },
    });
    const port = await listen((socket) => aedes.handle(socket));
    cleanups.push(() => {
      aedes.close();
    });
    const client = openTransport({ host: '127.0.0.1', port }, ['secret', 'open']);
    await waitFor(() => client.subscriptions.length === 2);
    expect(client.subscriptions).toEqual([
      ['secret', { refused: 'unspecified error (0x80)' }],
      ['open', 'granted'],
    ]);
  });

  it('hangs up on MQTT 5 without an answer: 3.1.1 is tried, then 5 again', async () => {
    const levels: number[] = [];
    const port = await listen((socket) => {
      // 10 <length> 00 04 'M' 'Q' 'T' 'T' <level>
      socket.on('data', (bytes) => {
        levels.push(bytes[8] ?? 0);
        socket.destroy();
      });
      socket.on('error', () => undefined);
    });
    const client = openTransport({ host: '127.0.0.1', port });
    const state = await client.reaches('disconnected');
    expect(state.detail).toMatch(/closed the connection before it answered/);
    await waitFor(() => levels.length >= 4);
    expect(levels.slice(0, 4)).toEqual([5, 4, 5, 4]);
  });

  it('gives the session to a twin (MQTT 5): the shared client id is named', async () => {
    const port = await listen((socket) => {
      // CONNACK: success, no properties; DISCONNECT: 0x8e, session taken over.
      socket.once('data', () => socket.write(Buffer.from('2003000000e0028e00', 'hex')));
      socket.on('error', () => undefined);
    });
    const client = openTransport({ host: '127.0.0.1', port, clientId: 'twin' });
    await client.reaches('connected');
    expect((await client.reaches('refused')).detail).toMatch(/"twin".*its own client id/);
  });

  it('accepts and says nothing: the attempt ends after its time, and the next begins', async () => {
    let connections = 0;
    const port = await listen((socket) => {
      connections += 1;
      socket.resume();
    });
    const client = openTransport({ host: '127.0.0.1', port, connectTimeoutMs: 100 });
    expect((await client.reaches('disconnected')).detail).toMatch(/no answer within 0.1 s/);
    await waitFor(() => connections >= 2);
  });

  it('sends no MQTT at all: that is survived, and tried again', async () => {
    let connections = 0;
    const port = await listen((socket) => {
      connections += 1;
      socket.on('error', () => undefined);
      socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
    });
    const client = openTransport({ host: '127.0.0.1', port, protocolVersion: 4 });
    await client.reaches('disconnected');
    await waitFor(() => connections >= 2);
  });

  it('cannot be found by name: that is said', async () => {
    const client = openTransport({ host: 'broker.invalid' });
    expect((await client.reaches('disconnected')).detail).toMatch(
      /mqtt:\/\/broker\.invalid:1883.*does not resolve/,
    );
  });

  it('hangs up whenever one message is sent: that one is given up, its neighbours pass', async () => {
    const aedes = aedesPackage.createBroker({
      authorizePublish: (_client, packet, callback) => {
        callback(packet.topic === 'poison' ? new Error('no') : null);
      },
    });
    const port = await listen((socket) => aedes.handle(socket));
    cleanups.push(() => {
      aedes.close();
    });
    const client = openTransport({ host: '127.0.0.1', port });
    const outcomes = await Promise.allSettled(
      ['fine', 'poison', 'good'].map((topic) => client.transport.publish({ topic, payload: 'x' })),
    );
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(outcomes[1]).toMatchObject({ reason: { code: 'BROKER_REFUSED' } });
  });
});
