import { describe, expect, it } from '@jest/globals';
import {
  makeCertificates,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '@vallum/test-kit';
import { createMqttTransport, type MqttOptions } from '../../src/mqtt/index.js';
import type { ConnectionState } from '../../src/transport/transport.js';
import { cuttableRelay } from './cuttable-relay.js';

/** A transport that writes down what it was told before each attempt, and after it. */
function open(
  options: MqttOptions,
  dialling: (addresses: readonly string[]) => Promise<void> = () => Promise.resolve(),
) {
  const told: (readonly string[])[] = [];
  const states: ConnectionState[] = [];
  const warnings: string[] = [];
  const transport = createMqttTransport({ retry: { firstMs: 10, longestMs: 20 }, ...options });
  transport.open({
    message: () => Promise.resolve(),
    connection: (state) => states.push(state),
    warning: (text) => warnings.push(text),
    dialling: (addresses) => {
      told.push(addresses);
      return dialling(addresses);
    },
  });
  return { transport, told, states, warnings };
}

const connected = (states: readonly ConnectionState[]) =>
  waitFor(() => states.find(({ state }) => state === 'connected'));

suiteNeeding(['mosquitto', 'openssl'], 'the addresses of the broker before it is dialled', () => {
  it.each(['mqtt', 'ws'] as const)('are all told, and all tried (%s)', async (scheme) => {
    const broker = await startMosquitto(scheme === 'ws' ? { websockets: true } : {});
    // Nobody listens at the first two.
    const addresses = ['127.0.0.9', '::1', '127.0.0.1'];
    const { transport, told, states } = open({
      url: `${scheme}://broker.example:${broker.port}`,
      deps: { resolve: (host) => Promise.resolve(host === 'broker.example' ? addresses : []) },
    });
    expect(await connected(states)).toMatchObject({
      brokerAddresses: expect.arrayContaining(addresses),
    });
    expect(told).toEqual([addresses]);
    await transport.close();
  });

  it('are asked for anew at each attempt, and told before it', async () => {
    const broker = await startMosquitto();
    const relay = await cuttableRelay(broker.port);
    let asked = 0;
    let prepared = 0;
    const { transport, told, states } = open(
      {
        url: `mqtt://broker.example:${relay.port}`,
        deps: {
          resolve: () => {
            asked += 1;
            return Promise.resolve(asked === 1 ? ['127.0.0.1'] : ['127.0.0.1', `192.0.2.${asked}`]);
          },
        },
      },
      async () => {
        expect(states.filter(({ state }) => state === 'connected')).toHaveLength(prepared);
        prepared += 1;
        return Promise.resolve();
      },
    );
    await connected(states);
    relay.cut();
    await waitFor(() => states.filter(({ state }) => state === 'connected').length === 2);
    expect(told).toEqual([['127.0.0.1'], ['127.0.0.1', '192.0.2.2']]);
    await transport.close();
  });

  it('leave the certificate to be checked against the name', async () => {
    const made = await makeCertificates(temporaryFolder());
    const broker = await startMosquitto({
      tls: { ca: made.ca, cert: made.serverCert, key: made.serverKey },
    });
    const deps = { resolve: () => Promise.resolve(['127.0.0.1']) };
    const shared = { port: broker.port, tls: true, caFile: made.ca, deps };
    const wrong = open({ ...shared, host: 'other.example' });
    await waitFor(() => wrong.states.length > 0);
    expect(wrong.states[0]).toMatchObject({ code: 'certificate-of-another-host' });
    await wrong.transport.close();
  });

  it('are both of localhost, and a literal stands for itself', async () => {
    const broker = await startMosquitto();
    for (const [host, addresses] of [
      ['localhost', ['127.0.0.1', '::1']],
      ['::1', ['::1']],
    ] as const) {
      const { transport, told, states } = open({ host, port: broker.port });
      await connected(states);
      expect(told).toEqual([addresses]);
      await transport.close();
    }
  });
});

describe('a broker whose name does not resolve', () => {
  it('is a failed connection like another, and is asked for again', async () => {
    let asked = 0;
    const { transport, told, states } = open({
      host: 'broker.example',
      deps: {
        resolve: () => {
          asked += 1;
          return Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
        },
      },
    });
    await waitFor(() => asked >= 3);
    expect(states[0]).toMatchObject({ state: 'disconnected', code: 'host-unknown' });
    expect(told).toEqual([]);
    await transport.close();
  });

  it('does not keep a transport from closing while its resolver is silent', async () => {
    const { transport, states } = open({
      host: 'broker.example',
      deps: { resolve: () => new Promise(() => undefined) },
    });
    const waiting = expect(transport.publish({ topic: 'a', payload: '' })).rejects.toMatchObject({
      code: 'BROKER_UNREACHABLE',
    });
    await transport.close();
    await waiting;
    expect(states).toEqual([]);
  });
});
