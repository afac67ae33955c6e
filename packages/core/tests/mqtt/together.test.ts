import { spawnSync } from 'node:child_process';
import { afterEach, expect, it } from '@jest/globals';
import {
  makeCertificates,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '@vallum/test-kit';
import { createMqttTransport } from '../../src/mqtt/index.js';
import type { Transport } from '../../src/transport/transport.js';

/** Mosquitto sends 20 ahead of their acknowledgements. */
const MESSAGES = 15;

suiteNeeding(['mosquitto', 'openssl'], 'messages that wait in the socket', () => {
  let transport: Transport | undefined;
  afterEach(() => transport?.close());

  // Each message is a TLS record, which Node hands over by itself.
  it.each(['TCP', 'TLS'])('are handled together over %s', async (way) => {
    const files = await makeCertificates(temporaryFolder());
    const { ca, serverCert: cert, serverKey: key } = files;
    const broker = await startMosquitto(way === 'TLS' ? { tls: { ca, cert, key } } : {});
    const trust = way === 'TLS' ? { caFile: ca } : {};
    transport = createMqttTransport({ url: broker.url, ...trust });
    const sizes: number[] = [];
    let isGranted = false;
    transport.subscribe(['a']);
    transport.open({
      message: () => Promise.reject(new Error('messages come together')),
      messages: (messages) => {
        sizes.push(messages.length);
        return Promise.resolve([]);
      },
      connection: () => undefined,
      subscription: () => (isGranted = true),
    });
    await waitFor(() => isGranted, { what: 'the subscription' });

    publishWhileNobodyReads(broker.port, way === 'TLS' ? ['--cafile', ca] : []);
    const all = () => sizes.reduce((sum, size) => sum + size, 0);
    await waitFor(() => all() === MESSAGES, { what: `all messages, of ${String(sizes)}` });
    expect(sizes.length).toBeLessThanOrEqual(2);
  });
});

/** Holds the event loop. */
function publishWhileNobodyReads(port: number, trust: readonly string[]): void {
  const input = Array.from({ length: MESSAGES }, (_, index) => `${String(index)}\n`).join('');
  const args = ['-h', 'localhost', '-p', String(port), ...trust, '-t', 'a', '-q', '1', '-l'];
  const { status, stderr } = spawnSync('mosquitto_pub', args, { input, encoding: 'utf8' });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
}
