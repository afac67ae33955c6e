import {
  generate,
  parser as createParser,
  writeToStream,
  type IConnackPacket,
  type Packet,
} from 'mqtt-packet';
import type { VallumError } from '../errors.js';
import type { OutgoingMessage } from '../transport/transport.js';
import { openBrokerSocket, type BrokerSocket } from './broker-socket.js';
import { connectFields, MAXIMUM_PACKET_SIZE, type LinkOptions } from './link-options.js';
import { GOODBYE_MS, type Link, type LinkHandlers } from './link.js';
import { exceedsLimits, messageRefused, usableQos } from './publish-limits.js';

// A table of all 65,536 numbers as bytes pays for those who send millions of packets.
writeToStream.cacheNumbers = false;

/** Reason codes from here on are refusals (MQTT 5 section 2.4). */
const REFUSED = 0x80;
const MOST_PACKET_IDS = 65_535;

interface Exchange {
  /** What the broker answers next. */
  awaits: 'puback' | 'pubrec' | 'pubcomp';
  readonly done: (error?: VallumError) => void;
}

/** A connection for those who only publish: mqtt-packet on a socket, and nothing else to load. */
export class PublishLink implements Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  readonly #broker: BrokerSocket;
  readonly #parser: ReturnType<typeof createParser>;
  readonly #exchanges = new Map<number, Exchange>();
  #lastId = 0;
  #connack: IConnackPacket | undefined;
  #accepted = false;
  #ended = false;
  #disconnectCode: number | undefined;
  #error: unknown;
  #timer: NodeJS.Timeout;
  #pinged = false;

  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#broker = openBrokerSocket(options.endpoint, options.tls, options.address);
    this.#parser = createParser({ protocolVersion: options.protocolVersion });
    // The words by which explain-failure.ts knows both timeouts are those of MQTT.js.
    this.#timer = setTimeout(
      () => this.#fail(new Error('connack timeout')),
      options.connectTimeoutMs,
    );
    this.#parser.on('packet', (packet: Packet) => this.#receive(packet));
    this.#parser.on('error', (error: unknown) => this.#fail(error));
    const { socket } = this.#broker;
    socket.on('data', (bytes: Buffer) => this.#parse(bytes));
    socket.on('error', (error) => (this.#error ??= error));
    socket.on('close', () => this.#end());
    this.#write({ cmd: 'connect', ...connectFields(options) });
  }

  get isCurrent(): boolean {
    return this.#accepted && !this.#ended;
  }

  get receiveMaximum(): number {
    return this.#connack?.properties?.receiveMaximum ?? MOST_PACKET_IDS;
  }

  publish(message: OutgoingMessage, done: (error?: VallumError) => void): void {
    const limits = this.#connack?.properties;
    const fault = exceedsLimits(message, limits);
    if (fault !== undefined) {
      done(fault);
      return;
    }
    const qos = usableQos(message, this.#options, limits);
    const { topic, payload, retain = false, expirySeconds } = message;
    const packet = {
      cmd: 'publish',
      topic,
      payload: typeof payload === 'string' ? payload : Buffer.from(payload),
      qos,
      retain,
      dup: false,
      ...(expirySeconds === undefined || this.#options.protocolVersion !== 5
        ? {}
        : { properties: { messageExpiryInterval: expirySeconds } }),
    } as const;
    if (qos === 0) {
      this.#write(packet, () => {
        if (!this.#ended) done();
      });
      return;
    }
    const messageId = this.#freeId();
    this.#exchanges.set(messageId, { awaits: qos === 1 ? 'puback' : 'pubrec', done });
    this.#write({ ...packet, messageId });
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
    socket.once('close', () => clearTimeout(timer));
    await new Promise<void>((resolve) => {
      socket.once('close', resolve);
      socket.end(this.#encode({ cmd: 'disconnect', reasonCode: 0 }), resolve);
    });
  }

  #parse(bytes: Buffer): void {
    try {
      const kept = this.#parser.parse(bytes);
      if (kept > MAXIMUM_PACKET_SIZE) this.#fail(new Error('the broker sends a giant packet'));
    } catch (error) {
      // Some malformed packets make the parser read beyond its bytes.
      this.#fail(error);
    }
  }

  #receive(packet: Packet): void {
    if (this.#ended) return;
    if (!this.#accepted && packet.cmd !== 'connack') {
      this.#fail(new Error(`${packet.cmd} before CONNACK`));
      return;
    }
    switch (packet.cmd) {
      case 'connack':
        this.#answered(packet);
        return;
      case 'puback':
      case 'pubrec':
      case 'pubcomp':
        this.#confirmed(packet.cmd, packet.messageId ?? 0, packet.reasonCode ?? 0);
        return;
      case 'pingresp':
        this.#pinged = false;
        return;
      case 'disconnect':
        this.#disconnectCode = packet.reasonCode ?? 0;
        this.#broker.socket.destroy();
        return;
      default:
      // Nothing that a client without subscriptions needs.
    }
  }

  #answered(connack: IConnackPacket): void {
    if (this.#connack !== undefined) {
      this.#fail(new Error('a second CONNACK'));
      return;
    }
    clearTimeout(this.#timer);
    this.#connack = connack;
    if (connackCode(connack) !== 0) {
      this.#broker.socket.destroy();
      return;
    }
    this.#accepted = true;
    const keepalive = connack.properties?.serverKeepAlive ?? this.#options.keepaliveSeconds;
    if (keepalive > 0) this.#timer = setInterval(() => this.#ping(), keepalive * 1000);
    this.#handlers.accepted(connack.sessionPresent, this.#broker.addresses());
  }

  #confirmed(answer: Exchange['awaits'], messageId: number, code: number): void {
    const exchange = this.#exchanges.get(messageId);
    if (exchange?.awaits !== answer) return;
    if (answer === 'pubrec' && code < REFUSED) {
      exchange.awaits = 'pubcomp';
      this.#write({ cmd: 'pubrel', messageId });
      return;
    }
    this.#exchanges.delete(messageId);
    exchange.done(code < REFUSED ? undefined : messageRefused(code));
  }

  #ping(): void {
    if (this.#pinged) {
      this.#fail(new Error('Keepalive timeout'));
      return;
    }
    this.#pinged = true;
    this.#write({ cmd: 'pingreq' });
  }

  #freeId(): number {
    do this.#lastId = (this.#lastId % MOST_PACKET_IDS) + 1;
    while (this.#exchanges.has(this.#lastId));
    return this.#lastId;
  }

  #write(packet: Packet, written?: () => void): void {
    this.#broker.socket.write(this.#encode(packet), (error) => {
      if (!error) written?.();
    });
  }

  #encode(packet: Packet): Buffer {
    return generate(packet, { protocolVersion: this.#options.protocolVersion });
  }

  #fail(error: unknown): void {
    this.#error ??= error;
    this.#broker.socket.destroy();
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    clearTimeout(this.#timer);
    const refusal = this.#connack === undefined ? 0 : connackCode(this.#connack);
    this.#handlers.ended({
      ...(refusal === 0 ? {} : { connackCode: refusal }),
      ...(this.#disconnectCode === undefined ? {} : { disconnectCode: this.#disconnectCode }),
      error: this.#error,
      reached: this.#broker.reached(),
      accepted: this.#accepted,
    });
  }
}

/** `returnCode` from a broker that answers in 3.1.1's form, `reasonCode` in MQTT 5's. */
function connackCode(connack: IConnackPacket): number {
  return connack.reasonCode ?? connack.returnCode ?? 0;
}
