import { createHash, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:net';
import type { Duplex } from 'node:stream';
import { TLSSocket } from 'node:tls';
import type { Client } from 'aedes';
import type { Binding } from '@vallum/core/protocol';
import { quote } from '@vallum/options';
import type { ListenAddress } from '../listen-address.js';
import { BoundedMemory, type BrokerMemory } from './bounded-memory.js';
import { isCarried, isStatusTopic, maySubscribe } from './carried-topics.js';
import { Connections } from './connections.js';
import { explainListenError } from './explain-listen-error.js';
import { GuardedStream } from './guarded-stream.js';
import { LIMITS } from './limits.js';
import { ListenCertificate, type CertificateFiles } from './listen-certificate.js';
import { PacketBounds } from './packet-bounds.js';
import { RetainedBounds } from './retained-bounds.js';
import { streamPair } from './stream-pair.js';

/** CONNACK return codes (MQTT 3.1.1, 3.2.2.3). */
const UNACCEPTABLE_PROTOCOL_VERSION = 1;
const IDENTIFIER_REJECTED = 2;
const SERVER_UNAVAILABLE = 3;

export interface EmbeddedBroker {
  /** A connection of this process's own: no network, and no password. */
  connect(): Duplex;
  close(): Promise<void>;
}

export interface EmbeddedBrokerOptions extends ListenAddress {
  /** Asked of every client, where given. */
  readonly username?: string;
  readonly password?: string | (() => string);
  readonly certificate?: CertificateFiles;
  /** The topics that are carried, beside those that nodes have of their own. */
  readonly bindings: () => readonly Pick<Binding, 'topic'>[];
  /** The client of this process: nobody else gets in under its name. */
  readonly ownClientId: string;
  /**
   * A client that was refused or broke the protocol (`broker-client`), or sent what is not carried
   * (`broker-refused`); the text may hold what it sent.
   */
  readonly complain: (event: 'broker-client' | 'broker-refused', sentence: string) => void;
}

/**
 * Starts a broker for machines that need no other: MQTT 3.1.1 over TCP or TLS, sessions and retained
 * statuses in memory only, all of it within `LIMITS`. aedes is loaded here, and so only where it is
 * wanted.
 *
 * @throws VallumError `BROKER_UNREACHABLE` (port in use, no such address), `PERMISSION_DENIED` or
 *   `INVALID_ARGUMENT` (certificate)
 */
export async function startEmbeddedBroker(options: EmbeddedBrokerOptions): Promise<EmbeddedBroker> {
  const { default: aedes } = await import('aedes');
  const { host, port, username, password, bindings, complain } = options;
  const refused = (sentence: string) => {
    complain('broker-refused', sentence);
  };
  const certificate = options.certificate && new ListenCertificate(options.certificate, refused);
  const connections = new Connections();
  const retained = new RetainedBounds();
  const gathered = { bytes: 0 };

  const broker = aedes.createBroker({
    // What a client may send at once; the default, 42, disconnects mosquitto_pub -l.
    queueLimit: 10_000,
    connectTimeout: LIMITS.connectMs,
    authenticate: (client, givenName, givenPassword, done) => {
      if (!(client.conn instanceof GuardedStream)) {
        done(null, true);
        return;
      }
      if (client.id === options.ownClientId) {
        done(
          refusal(IDENTIFIER_REJECTED, 'it calls itself as the node does that is the broker'),
          false,
        );
        return;
      }
      if (connections.isFull) {
        done(refusal(SERVER_UNAVAILABLE, 'too many others are connected'), false);
        return;
      }
      if (username === undefined) {
        done(null, true);
        return;
      }
      let wanted: string;
      try {
        wanted = typeof password === 'function' ? password() : (password ?? '');
      } catch {
        complain(
          'broker-client',
          'the password file cannot be read, so nobody may connect to the embedded broker',
        );
        done(null, false);
        return;
      }
      done(null, same(givenName ?? '', username) && same(givenPassword ?? '', wanted));
    },
    authorizePublish: (client, packet, done) => {
      const { topic } = packet;
      if (!isCarried(topic, bindings())) {
        const sentence = `the embedded broker carries only what nodes and publishers use, and not the topic ${quote(topic)}`;
        refused(`${nameOf(client)}: ${sentence}`);
        // MQTT 3.1.1 section 3.3.5: it cannot be refused otherwise without a false success.
        done(new Unmentioned(sentence));
        return;
      }
      if (packet.retain) {
        const keeps = isStatusTopic(topic) && retained.take(topic, packet.payload.length);
        if (!keeps) {
          refused(
            `${nameOf(client)}: a message on ${quote(topic)} was carried and not retained: the embedded ` +
              'broker retains only statuses of nodes, of limited size and number',
          );
        }
        packet.retain = keeps;
      }
      done(null);
    },
    authorizeSubscribe: (client, subscription, done) => {
      const { topic } = subscription;
      const { subscriptions } = client as unknown as { subscriptions: Record<string, unknown> };
      const tooMany =
        Object.keys(subscriptions).length >= LIMITS.subscriptions &&
        !Object.hasOwn(subscriptions, topic);
      if (!tooMany && maySubscribe(topic, bindings())) {
        done(null, subscription);
        return;
      }
      refused(
        tooMany
          ? `${nameOf(client)} has ${LIMITS.subscriptions.toString()} subscriptions and was refused more`
          : `${nameOf(client)} may not subscribe to ${quote(topic)}, which the embedded broker does not carry`,
      );
      done(null, null);
    },
  });
  const { persistence, clients } = broker as unknown as {
    readonly persistence: BrokerMemory;
    readonly clients: Readonly<Record<string, unknown>>;
  };
  const memory = new BoundedMemory(persistence, {
    isConnected: (clientId) => Object.hasOwn(clients, clientId),
    maySubscribe: (filter) => maySubscribe(filter, bindings()),
    complain: refused,
  });
  // Messages that wait for a slow client, and that nobody wants once it has gone, would be let go one from
  // within the other until the stack is full (mqemitter): somebody takes each of them, a turn later.
  broker.subscribe(
    '#',
    (_packet, done) => {
      setImmediate(done);
    },
    () => undefined,
  );
  broker.on('connackSent', ({ returnCode }, { conn }) => {
    if (returnCode === 0 && conn instanceof GuardedStream) {
      conn.accept();
      connections.accept(conn);
    }
  });
  broker.on('clientDisconnect', (client) => {
    memory.left(client, client.clean);
  });
  broker.on('clientError', (client, error) => {
    if (!(error instanceof Unmentioned)) {
      complain('broker-client', `${nameOf(client)}: ${error.message}`);
    }
  });
  broker.on('connectionError', (_client, error: Error & { errorCode?: number }) => {
    // Clients that speak MQTT 5 first, vallum-pub among them, try 3.1.1 next by themselves.
    if (error.errorCode === UNACCEPTABLE_PROTOCOL_VERSION) return;
    complain('broker-client', `a client of the embedded broker: ${error.message}`);
  });

  const streams = new Set<Duplex>();
  const server = createServer({ noDelay: true }, (raw) => {
    const from = raw.remoteAddress ?? 'somebody';
    const socket = certificate
      ? new TLSSocket(raw, { isServer: true, secureContext: certificate.context() })
      : raw;
    const stream = new GuardedStream({
      socket,
      bounds: new PacketBounds(gathered),
      complain: (why) => {
        complain('broker-client', `a client of the embedded broker, from ${from}, ${why}`);
      },
    });
    streams.add(stream);
    stream.once('close', () => streams.delete(stream));
    connections.add(stream);
    broker.handle(stream);
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
    complain('broker-client', `the embedded broker: ${error.message}`);
  });
  const checking = setInterval(() => {
    connections.check(performance.now());
  }, 1_000);
  checking.unref();

  return {
    connect() {
      const [ours, brokers] = streamPair();
      broker.handle(brokers);
      return ours;
    },
    async close() {
      clearInterval(checking);
      await new Promise<void>((resolve) => {
        broker.close(resolve);
      });
      for (const stream of streams) stream.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What was said already, where more is known about it. */
class Unmentioned extends Error {}

function refusal(returnCode: number, message: string): Error & { returnCode: number } {
  return Object.assign(new Error(message), { returnCode });
}

function nameOf(client: Client | null): string {
  return client ? `client ${quote(client.id)} of the embedded broker` : 'a last will';
}

/** Takes as long for a wrong password as for the right one. */
function same(given: string | Buffer, wanted: string): boolean {
  const digest = (value: string | Buffer) => createHash('sha256').update(value).digest();
  return timingSafeEqual(digest(given), digest(wanted));
}
