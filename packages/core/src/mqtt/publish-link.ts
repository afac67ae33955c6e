import type { VallumError } from '../errors.js';
import type { OutgoingMessage } from '../transport/transport.js';
import { AnswerReader, type Answer, type ConnectionLimits } from './answer-reader.js';
import { openBrokerSocket, type BrokerSocket } from './broker-socket.js';
import type { LinkOptions } from './link-options.js';
import { GOODBYE_MS, type Link, type LinkHandlers } from './link.js';
import { exceedsLimits, messageRefused, usableQos } from './publish-limits.js';
import {
  connectPacket,
  disconnectPacket,
  pingreqPacket,
  publishPacket,
  pubrelPacket,
} from './publish-packets.js';

/** Reason codes from here on are refusals (MQTT 5 section 2.4). */
const REFUSED = 0x80;
const MOST_PACKET_IDS = 65_535;

type Connack = Extract<Answer, { kind: 'connack' }>;

interface Exchange {
  /** What the broker answers next. */
  awaits: 'puback' | 'pubrec' | 'pubcomp';
  readonly done: (error?: VallumError) => void;
}

/** A connection for those who only publish: a few packets on a socket, and nothing else to load. */
export class PublishLink implements Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  readonly #broker: BrokerSocket;
  readonly #reader: AnswerReader;
  readonly #exchanges = new Map<number, Exchange>();
  #lastId = 0;
  #connack: Connack | undefined;
  #accepted = false;
  #ended = false;
  #disconnectCode: number | undefined;
  #error: unknown;
  #timer: NodeJS.Timeout;
  #pinged = false;

  /** @throws whatever Node says of an unusable certificate or key, RangeError for a giant name */
  constructor(options: LinkOptions, handlers: LinkHandlers) {
    const hello = connectPacket(options);
    this.#options = options;
    this.#handlers = handlers;
    this.#reader = new AnswerReader(options.protocolVersion);
    this.#broker = openBrokerSocket(options.endpoint, options.tls, options.address);
    // The words by which explain-failure.ts knows both timeouts are those of MQTT.js.
    this.#timer = setTimeout(() => {
      this.#fail(new Error('connack timeout'));
    }, options.connectTimeoutMs);
    const { socket } = this.#broker;
    socket.on('data', (bytes: Buffer) => {
      this.#read(bytes);
    });
    socket.on('error', (error) => (this.#error ??= error));
    socket.on('close', () => {
      this.#end();
    });
    socket.write(hello);
  }

  get isCurrent(): boolean {
    return this.#accepted && !this.#ended;
  }

  get receiveMaximum(): number {
    return this.#limits?.receiveMaximum ?? MOST_PACKET_IDS;
  }

  get #limits(): ConnectionLimits | undefined {
    return this.#connack?.limits;
  }

  publish(message: OutgoingMessage, done: (error?: VallumError) => void): void {
    const fault = exceedsLimits(message, this.#limits);
    if (fault !== undefined) {
      done(fault);
      return;
    }
    const qos = usableQos(message, this.#options, this.#limits);
    const packetId = qos === 0 ? 0 : this.#freeId();
    if (qos !== 0) {
      this.#exchanges.set(packetId, { awaits: qos === 1 ? 'puback' : 'pubrec', done });
    }
    const { topic, payload, retain = false, expirySeconds } = message;
    const { protocolVersion } = this.#options;
    this.#broker.socket.write(
      publishPacket({ protocolVersion, topic, payload, qos, retain, packetId, expirySeconds }),
      (error) => {
        if (qos === 0 && !error && !this.#ended) done();
      },
    );
  }

  subscribe(): void {
    throw new Error('a publisher subscribes to nothing');
  }

  unsubscribe(): void {
    throw new Error('a publisher has no subscriptions');
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
    let answers: Answer[];
    try {
      answers = this.#reader.read(bytes);
    } catch (error) {
      this.#fail(error);
      return;
    }
    for (const answer of answers) if (!this.#broker.socket.destroyed) this.#receive(answer);
  }

  #receive(answer: Answer): void {
    // MQTT 5 section 3.2: the first packet, and the only one of its kind.
    if ((answer.kind === 'connack') !== (this.#connack === undefined)) {
      this.#fail(new Error('the broker answers out of turn'));
      return;
    }
    switch (answer.kind) {
      case 'connack':
        this.#answered(answer);
        return;
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        this.#confirmed(answer.kind, answer.packetId, answer.code);
        return;
      case 'pingresp':
        this.#pinged = false;
        return;
      case 'disconnect':
        this.#disconnectCode = answer.code;
        this.#broker.socket.destroy();
        return;
      case 'other':
      // Nothing that a client without subscriptions needs.
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
    const keepalive = connack.limits.serverKeepAlive ?? this.#options.keepaliveSeconds;
    if (keepalive > 0) {
      this.#timer = setInterval(() => {
        this.#ping();
      }, keepalive * 1000);
    }
    this.#handlers.accepted(connack.sessionPresent, this.#broker.addresses());
  }

  #confirmed(answer: Exchange['awaits'], packetId: number, code: number): void {
    const exchange = this.#exchanges.get(packetId);
    if (exchange?.awaits !== answer) return;
    if (answer === 'pubrec' && code < REFUSED) {
      exchange.awaits = 'pubcomp';
      this.#broker.socket.write(pubrelPacket(packetId));
      return;
    }
    this.#exchanges.delete(packetId);
    exchange.done(code < REFUSED ? undefined : messageRefused(code));
  }

  #ping(): void {
    if (this.#pinged) {
      this.#fail(new Error('Keepalive timeout'));
      return;
    }
    this.#pinged = true;
    this.#broker.socket.write(pingreqPacket());
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % MOST_PACKET_IDS) + 1;
    while (this.#exchanges.has(this.#lastId));
    return this.#lastId;
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#broker.socket.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    this.#handlers.ended({
      ...(this.#connack === undefined || this.#connack.code === 0
        ? {}
        : { connackCode: this.#connack.code }),
      ...(this.#disconnectCode === undefined ? {} : { disconnectCode: this.#disconnectCode }),
      error: this.#error,
      reached: this.#broker.reached(),
      accepted: this.#accepted,
    });
  }
}
