import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loggingSubscriptions, subscriptionsIn } from './subscriptions.mjs';

/**
 * Starts a Mosquitto on loopback that anybody may use, with and without TLS.
 *
 * @returns {Promise<{ port: number, tlsPort: number, ca: string, folder: string,
 *   subscriptions(): number, stop(): Promise<void> }>}
 *   `folder` is for files of the benchmark; it goes with the broker. `subscriptions`: see there
 */
export async function startBroker() {
  const folder = mkdtempSync(join(tmpdir(), 'vallum-bench-'));
  const file = (name) => join(folder, name);
  makeCertificate(file);
  const [port, tlsPort] = [await freePort(), await freePort()];
  writeFileSync(
    file('mosquitto.conf'),
    [
      // Otherwise 40 ms of Nagle's algorithm are all that a TLS connection shows.
      'set_tcp_nodelay true',
      'allow_anonymous true',
      ...loggingSubscriptions(file('subscriptions.log')),
      ...(process.getuid?.() === 0 ? ['user root'] : []),
      `listener ${port} 127.0.0.1`,
      `listener ${tlsPort} 127.0.0.1`,
      ...[`cafile ${file('ca.pem')}`, `certfile ${file('ca.pem')}`, `keyfile ${file('key.pem')}`],
      '',
    ].join('\n'),
  );
  const broker = spawn('mosquitto', ['-c', file('mosquitto.conf')], { stdio: 'ignore' });
  await once(broker, 'spawn');
  await answering(tlsPort);
  return {
    ...{ port, tlsPort, folder, ca: file('ca.pem') },
    subscriptions: () => subscriptionsIn(file('subscriptions.log')),
    async stop() {
      broker.kill();
      await once(broker, 'exit');
      rmSync(folder, { recursive: true });
    },
  };
}

function makeCertificate(file) {
  const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1';
  execFileSync(
    'openssl',
    [
      ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'],
      ...['-days', '2', '-subj', '/CN=localhost', '-addext', names],
      ...['-keyout', file('key.pem'), '-out', file('ca.pem')],
    ],
    { stdio: 'ignore' },
  );
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function answering(port) {
  for (let attempt = 0; attempt < 100; attempt += 1) {
    const socket = connect(port, '127.0.0.1');
    const there = await Promise.race([
      once(socket, 'connect').then(() => true),
      once(socket, 'error').then(() => false),
    ]).catch(() => false);
    socket.destroy();
    if (there) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error('Mosquitto does not start: is the package installed?');
}
