import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer, type Socket } from 'node:net';
import { VallumError } from '@vallum/core';
import type { ListenAddress } from './listen-address.js';

/** CONNACK return code 1 (MQTT 3.1.1, 3.2.2.3). */
const UNACCEPTABLE_PROTOCOL_VERSION = 1;

export interface EmbeddedBroker {
  close(): Promise<void>;
}

export interface EmbeddedBrokerOptions extends ListenAddress {
  /** Asked of every client, where given. */
  readonly username?: string;
  readonly password?: string | (() => string);
  /** A client that was refused or broke the protocol; the text may hold what it sent. */
  readonly complain: (sentence: string) => void;
}

/**
 * Starts a broker for machines that need no other: MQTT 3.1.1 over TCP, sessions and retained
 * messages in memory only. aedes is loaded here, and so only where it is wanted.
 *
 * @throws VallumError `BROKER_UNREACHABLE` (port in use, no such address) or `PERMISSION_DENIED`
 */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const { default: aedes } = await import('aedes');
  const { host, port, username, password, complain } = options;
  const broker = aedes.createBroker({
    // What a client may send at once; the default, 42, disconnects mosquitto_pub -l.
    queueLimit: 10_000,
    authenticate: (_client, givenName, givenPassword, done) => {
      if (username === undefined) {
        done(null, true);
        return;
      }
      let wanted: string;
      try {
        wanted = typeof password === 'function' ? password() : (password ?? '');
      } catch {
        complain('the password file cannot be read, so nobody may connect to the embedded broker');
        done(null, false);
        return;
      }
      done(null, same(givenName ?? '', username) && same(givenPassword ?? '', wanted));
    },
  });
  broker.on('clientError', (client, error) => {
    complain(`client ${client.id} of the embedded broker: ${error.message}`);
  });
  broker.on('connectionError', (_client, error: Error & { errorCode?: number }) => {
    // Clients that speak MQTT 5 first, vallum-pub among them, try 3.1.1 next by themselves.
    if (error.errorCode === UNACCEPTABLE_PROTOCOL_VERSION) return;
    complain(`a client of the embedded broker: ${error.message}`);
  });

  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    broker.handle(socket);
  });
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ host, port }, resolve);
    });
  } catch (cause) {
    broker.close();
    throw explainListenError(cause, options);
  }
  server.on('error', (error) => {
    complain(`the embedded broker: ${error.message}`);
  });

  return {
    async close() {
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Takes as long for a wrong password as for the right one. */
function same(given: string | Buffer, wanted: string): boolean {
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}

function explainListenError(cause: unknown, { host, port }: ListenAddress): VallumError {
  const code = (cause as NodeJS.ErrnoException).code;
  const where = `port ${port.toString()} of ${host}`;
  const operation = 'listen';
  switch (code) {
    case 'EADDRINUSE':
      return new VallumError(
        `cannot listen on ${where}: another program does; use another port, or use that broker ` +
          'with --host and without --listen (ss -ltnp shows it)',
        { code: 'BROKER_UNREACHABLE', operation, cause },
      );
    case 'EACCES':
      return new VallumError(
        `cannot listen on ${where}: ports below 1024 need root or CAP_NET_BIND_SERVICE`,
        { code: 'PERMISSION_DENIED', operation, cause },
      );
    case 'EADDRNOTAVAIL':
      return new VallumError(
        `cannot listen on ${where}: this machine has no such address (ip addr lists them)`,
        { code: 'BROKER_UNREACHABLE', operation, cause },
      );
    default:
      return new VallumError(`cannot listen on ${where}: ${code ?? String(cause)}`, {
        code: 'BROKER_UNREACHABLE',
        operation,
        cause,
      });
  }
}
