import { createServer, type AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  makeCertificates,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '@vallum/test-kit';
import { createPublishTransport, type MqttOptions } from '../../src/mqtt/publish.js';
import type { ConnectionState, Transport } from '../../src/transport/transport.js';
import { cuttableRelay } from './cuttable-relay.js';
import { openTransport } from './opened-transport.js';

const opened: Transport[] = [];
afterEach(async () => {
  await Promise.all(opened.splice(0).map((transport) => transport.close()));
});

function openPublisher(options: MqttOptions) {
  const transport = createPublishTransport({
    ...options,
    retry: { firstMs: 20, longestMs: 200 },
  });
  opened.push(transport);
  const states: ConnectionState[] = [];
  transport.open({
    message: () => Promise.resolve(),
    connection: (state) => states.push(state),
  });
  return { transport, states };
}

describe('a transport that only publishes', () => {
  it('says so of what it does not do', () => {
    const transport = createPublishTransport({ host: 'localhost' });
    expect(() => {
      transport.subscribe(['a']);
    }).toThrow(/only publishes/);
    expect(() => createPublishTransport({ url: 'ws://localhost' })).toThrow(/no WebSockets/);
  });

  it('reports a broker that answers nonsense, and goes on trying', async () => {
    const server = createServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const { states } = openPublisher({ host: '127.0.0.1', port });
      await waitFor(() => states.length > 1);
      expect(states[0]).toMatchObject({ state: 'disconnected' });
      expect(states[0]).toHaveProperty('detail', expect.stringMatching(/before it answered/));
    } finally {
      server.close();
    }
  });
});

suiteNeeding(['mosquitto', 'openssl'], 'a transport that only publishes, and a real broker', () => {
  it('sends at every QoS and size, each message once and in order', async () => {
    const broker = await startMosquitto();
    const receiver = openTransport({ url: broker.url }, ['a']);
    await receiver.granted('a');
    const { transport } = openPublisher({ host: 'localhost', port: broker.port });
    const payloads = Array.from({ length: 90 }, (_, n) => 'x'.repeat(n * 400) + n.toString());
    await Promise.all(
      payloads.map((payload) => transport.publish({ topic: 'a', payload, qos: 2 })),
    );
    await transport.publish({ topic: 'a', payload: 'one', qos: 1 });
    await transport.publish({ topic: 'a', payload: Buffer.from('zero'), qos: 0 });
    await transport.close();
    expect(await receiver.received(92)).toEqual([...payloads, 'one', 'zero']);
    expect(broker.log()).toMatch(/Received DISCONNECT from vallum-[0-9a-f]{16}/);
  });

  it('speaks MQTT 3.1.1 to a broker that knows no better', async () => {
    const broker = await startMosquitto({ maxProtocol: 4 });
    const { transport, states } = openPublisher({ host: 'localhost', port: broker.port });
    await transport.publish({ topic: 'a', payload: 'old', qos: 2 });
    expect(states.at(-1)).toMatchObject({ state: 'connected', protocolVersion: 4 });
  });

  it('sends again what was not confirmed when the connection was lost', async () => {
    const broker = await startMosquitto();
    const relay = await cuttableRelay(broker.port);
    const receiver = openTransport({ url: broker.url }, ['a']);
    await receiver.granted('a');
    const { transport, states } = openPublisher({ host: '127.0.0.1', port: relay.port });
    await waitFor(() => states.length === 1);
    relay.mute();
    const published = transport.publish({ topic: 'a', payload: 'again', qos: 1 });
    await receiver.received(1);
    relay.cut();
    await published;
    expect(new Set(await receiver.received(2))).toEqual(new Set(['again']));
  });

  it('notices by its pings a broker that has fallen silent', async () => {
    const broker = await startMosquitto();
    const relay = await cuttableRelay(broker.port);
    const { states } = openPublisher({ host: '127.0.0.1', port: relay.port, keepaliveSeconds: 1 });
    await waitFor(() => states.length === 1);
    relay.mute();
    await waitFor(() => states.some(({ state }) => state === 'disconnected'));
    expect(states[1]).toHaveProperty('detail', expect.stringContaining('keep-alive'));
  });

  it('puts no more into a message than the broker takes, and says so', async () => {
    const broker = await startMosquitto({ config: 'max_packet_size 1000' });
    const { transport } = openPublisher({ host: 'localhost', port: broker.port });
    await expect(
      transport.publish({ topic: 'a', payload: 'x'.repeat(1000), qos: 1 }),
    ).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    await transport.publish({ topic: 'a', payload: 'x', qos: 1 });
  });

  it('shows its certificate, and checks the broker by name and by address', async () => {
    const made = await makeCertificates(temporaryFolder());
    const broker = await startMosquitto({
      tls: { ca: made.ca, cert: made.serverCert, key: made.serverKey, requireCertificate: true },
    });
    const shared = {
      port: broker.port,
      tls: true,
      certFile: made.clientCert,
      keyFile: made.clientKey,
    };
    for (const host of ['localhost', '127.0.0.1', '::1']) {
      const { transport } = openPublisher({ ...shared, host, caFile: made.ca });
      await transport.publish({ topic: 'a', payload: host, qos: 2 });
      await transport.close();
    }
    const { states } = openPublisher({ ...shared, host: 'localhost' });
    await waitFor(() => states.length > 0);
    expect(states[0]).toMatchObject({ state: 'refused' });
  });
});
