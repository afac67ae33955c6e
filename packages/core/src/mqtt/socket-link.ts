import type { Duplex } from 'node:stream';
import type { OutgoingMessage } from '../transport/transport.js';
import { AnswerReader, type Answer } from './answer-reader.js';
import { BrokerFault } from './broker-fault.js';
import { openBrokerSocket, openBrokerStream, type BrokerSocket } from './broker-socket.js';
import {
  connectPacket,
  disconnectPacket,
  pingreqPacket,
  publishPacket,
  pubrelPacket,
  subscribePacket,
  unsubscribePacket,
} from './client-packets.js';
import type { ConnectionLimits } from './connack-limits.js';
import { Exchanges, MOST_PACKET_IDS } from './exchanges.js';
import { KeepAlive } from './keep-alive.js';
import type { LinkOptions } from './link-options.js';
import { GOODBYE_MS, type Answered, type Link, type LinkHandlers } from './link.js';
import { exceedsLimits, usableQos } from './publish-limits.js';
import { Reception } from './reception.js';
import type { SubscriptionManner } from './subscriptions.js';

const MOST_UNSENT = 10_000;

type Connack = Extract<Answer, { kind: 'connack' }>;

/** A connection over TCP or TLS: MQTT's packets on a socket, and nothing else to load. */
export class SocketLink implements Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  readonly #broker: BrokerSocket<Duplex>;
  readonly #reader: AnswerReader;
  readonly #exchanges = new Exchanges();
  readonly #reception: Reception;
  #reading = false;
  #connack: Connack | undefined;
  #accepted = false;
  #closing = false;
  #ended = false;
  #disconnectCode: number | undefined;
  #error: unknown;
  readonly #timer: NodeJS.Timeout;
  #keepAlive: KeepAlive | undefined;
  #heard = 0;
  /** Messages for which nothing was sent: QoS 0. */
  #unanswered = 0;
  /** Confirmations that the kernel has not taken yet. */
  #unsent = 0;

  /**
   * @param unanswered called when messages were read for which nothing is sent (QoS 0)
   * @throws whatever Node says of an unusable certificate or key, RangeError for a giant name
   */
  constructor(
    options: LinkOptions,
    handlers: LinkHandlers,
    private readonly unanswered: (socket: Duplex) => void = () => undefined,
  ) {
    const hello = connectPacket(options);
    this.#options = options;
    this.#handlers = handlers;
    this.#reader = new AnswerReader(options.protocolVersion);
    const read = (bytes: Buffer) => {
      this.#read(bytes);
    };
    this.#broker =
      options.connect === undefined
        ? openBrokerSocket(options.endpoint, options.tls, { ...options.whereabouts, read })
        : openBrokerStream(options.connect, read);
    const { socket } = this.#broker;
    this.#reception = new Reception({
      write: (bytes) => {
        this.#answer(bytes);
      },
      message: handlers.message,
      proceed: () => {
        this.#work();
      },
    });
    // The words by which explain-failure.ts knows both timeouts are those of MQTT.js.
    this.#timer = setTimeout(() => {
      this.#fail(new Error('connack timeout'));
    }, options.connectTimeoutMs);
    socket.on('error', (error) => (this.#error ??= error));
    socket.on('close', () => {
      this.#end();
    });
    socket.write(hello);
  }

  get isCurrent(): boolean {
    return this.#accepted && !this.#ended;
  }

  get heard(): number {
    return this.#heard;
  }

  get receiveMaximum(): number {
    return this.#limits?.receiveMaximum ?? MOST_PACKET_IDS;
  }

  get #limits(): ConnectionLimits | undefined {
    return this.#connack?.limits;
  }

  publish(message: OutgoingMessage, done: Answered): void {
    const fault = exceedsLimits(message, this.#limits);
    if (fault !== undefined) {
      done(fault);
      return;
    }
    const qos = usableQos(message, this.#options, this.#limits);
    const packetId = qos === 0 ? 0 : this.#exchanges.publish(qos, done);
    const { topic, payload, retain = false, expirySeconds } = message;
    const { protocolVersion } = this.#options;
    this.#broker.socket.write(
      publishPacket({ protocolVersion, topic, payload, qos, retain, packetId, expirySeconds }),
      (error) => {
        if (qos === 0 && !error && !this.#ended) done(undefined, 'unconfirmed');
      },
    );
  }

  subscribe(
    filters: readonly string[],
    manner: SubscriptionManner,
    done: (codes: readonly number[]) => void,
  ): void {
    const packetId = this.#exchanges.ask('suback', done);
    const { protocolVersion } = this.#options;
    this.#broker.socket.write(subscribePacket(protocolVersion, packetId, filters, manner));
  }

  unsubscribe(filters: readonly string[], done: () => void): void {
    const packetId = this.#exchanges.ask('unsuback', done);
    const { protocolVersion } = this.#options;
    this.#broker.socket.write(unsubscribePacket(protocolVersion, packetId, filters));
  }

  /**
   * Settles when DISCONNECT and the end of the stream are on their way. The kernel brings them, and
   * a message at QoS 0 before them, to the broker even where the process ends now.
   */
  async close(): Promise<void> {
    const { socket } = this.#broker;
    if (!this.isCurrent) {
      socket.destroy();
      return;
    }
    this.#reception.flush();
    this.#closing = true;
    this.#reception.isCurrent = false;
    this.#keepAlive?.stop();
    // The socket closes once all is read, and what comes now is left to the broker.
    socket.resume();
    const timer = setTimeout(() => socket.destroy(), GOODBYE_MS);
    await new Promise<void>((resolve) => {
      socket.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      socket.end(disconnectPacket(), resolve);
    });
  }

  #read(bytes: Buffer): void {
    if (this.#closing) return;
    this.#heard += 1;
    this.#keepAlive?.heard();
    this.#reader.push(bytes);
    // The broker feels it when a handler is slow.
    const before = this.#unanswered;
    if (this.#reception.isHeld) this.#broker.socket.pause();
    else this.#work();
    if (this.#unanswered > before) this.unanswered(this.#broker.socket);
  }

  /** Goes through what has been read, up to a message that is held. */
  #work(): void {
    // A message that is let go while `accepted` or another handler runs comes back here from within.
    if (this.#reading) return;
    this.#reading = true;
    const { socket } = this.#broker;
    try {
      while (!this.#reception.isHeld && !this.#closing && !socket.destroyed) {
        const answer = this.#reader.next();
        if (answer === undefined) break;
        this.#receive(answer);
      }
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#reading = false;
    }
    if (!this.#reception.isHeld && socket.isPaused()) socket.resume();
  }

  #receive(answer: Answer): void {
    // MQTT 5 section 3.2: the first packet, and the only one of its kind.
    if ((answer.kind === 'connack') !== (this.#connack === undefined)) {
      this.#fail(new BrokerFault('the broker answers out of turn'));
      return;
    }
    switch (answer.kind) {
      case 'publish':
        if (answer.qos === 0) this.#unanswered += 1;
        this.#reception.receive(answer);
        return;
      case 'giant':
        this.#reception.confirm(answer.qos, answer.packetId);
        this.#handlers.refusedGiant(answer.topic, answer.bytes);
        return;
      case 'connack':
        this.#answered(answer);
        return;
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        if (this.#exchanges.confirmed(answer) === 'pubrel') {
          this.#broker.socket.write(pubrelPacket(answer.packetId));
        }
        return;
      case 'pubrel':
        this.#reception.release(answer.packetId);
        return;
      case 'suback':
      case 'unsuback':
        this.#exchanges.answered(answer);
        return;
      case 'disconnect':
        this.#disconnectCode = answer.code;
        this.#broker.socket.destroy();
        return;
      case 'pingresp':
      case 'other':
      // Nothing that we have asked for.
    }
  }

  #answered(connack: Connack): void {
    clearTimeout(this.#timer);
    this.#connack = connack;
    if (connack.code !== 0) {
      this.#broker.socket.destroy();
      return;
    }
    this.#accepted = true;
    this.#reception.isCurrent = true;
    const { serverKeepAlive, sessionExpiryInterval } = connack.limits;
    const seconds = serverKeepAlive ?? this.#options.keepaliveSeconds;
    if (seconds > 0) {
      this.#keepAlive = new KeepAlive({
        seconds,
        ping: () => this.#broker.socket.write(pingreqPacket()),
        onSilence: () => {
          this.#fail(new Error('Keepalive timeout'));
        },
        isHeld: () => this.#reception.isHeld,
      });
    }
    this.#handlers.accepted({
      sessionPresent: connack.sessionPresent,
      brokerAddresses: this.#broker.addresses(),
      sessionExpirySeconds: sessionExpiryInterval,
    });
  }

  /** An honest broker reads what it makes us say; one that does not would fill our memory with it. */
  #answer(bytes: Buffer): void {
    this.#unsent += 1;
    this.#broker.socket.write(bytes, () => {
      this.#unsent -= 1;
    });
    if (this.#unsent > MOST_UNSENT)
      this.#fail(new BrokerFault('the broker does not read what it makes us say'));
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#broker.socket.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#reception.isCurrent = false;
    clearTimeout(this.#timer);
    this.#keepAlive?.stop();
    this.#disconnectCode ??= this.#lastWord();
    this.#handlers.ended({
      ...(this.#connack === undefined || this.#connack.code === 0
        ? {}
        : { connackCode: this.#connack.code }),
      ...(this.#disconnectCode === undefined ? {} : { disconnectCode: this.#disconnectCode }),
      error: this.#error,
      reached: this.#broker.reached(),
      accepted: this.#accepted,
      shown: this.#broker.shown,
    });
  }

  /** Why the broker has ended the connection, where that came behind a message that was held. */
  #lastWord(): number | undefined {
    try {
      for (let answer; (answer = this.#reader.next()) !== undefined;) {
        if (answer.kind === 'disconnect') return answer.code;
      }
    } catch {
      // What could not be read tells nothing.
    }
    return undefined;
  }
}
