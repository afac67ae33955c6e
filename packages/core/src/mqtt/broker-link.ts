import { connect, MqttClient, type IConnackPacket, type IPublishPacket } from 'mqtt';
import { VallumError } from '../errors.js';
import type { OutgoingMessage } from '../transport/transport.js';
import { openBrokerSocket, type BrokerSocket } from './broker-socket.js';
import { clientOptions, type LinkOptions } from './link-options.js';
import { errorCode } from './error-code.js';
import type { Reached } from './explain-failure.js';
import { reasonText } from './reason-text.js';

export interface LinkEnd {
  readonly connackCode?: number;
  readonly disconnectCode?: number;
  readonly error?: unknown;
  readonly reached: Reached;
  readonly accepted: boolean;
}

export interface LinkHandlers {
  /** Before any message. */
  accepted(sessionPresent: boolean, brokerAddresses: string[]): void;
  message(packet: IPublishPacket, acknowledge: () => void): void;
  /** Once, last. */
  ended(end: LinkEnd): void;
}

/** Fixed header 5, topic length 2, packet identifier 2, properties 1 + 5. */
const PUBLISH_OVERHEAD = 15;
const GOODBYE_MS = 1_000;

/**
 * One connection to the broker, from the first byte to the last. MQTT.js is given no reconnection:
 * each attempt is a client of its own, so that it may differ in protocol version, password and
 * certificates, and nothing stale survives.
 */
export class BrokerLink {
  readonly #options: LinkOptions;
  readonly #client: MqttClient;
  readonly #handlers: LinkHandlers;
  #socket: BrokerSocket | undefined;
  #connack: IConnackPacket | undefined;
  #accepted = false;
  #reached: Reached = 'nothing';
  #ended = false;
  #disconnectCode: number | undefined;
  #error: unknown;

  /** @throws whatever Node says of an unusable certificate or key */
  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#client = this.#start();
    this.#attach(this.#client);
  }

  get isCurrent(): boolean {
    return this.#accepted && !this.#ended;
  }

  /** Unconfirmed messages the broker takes at a time. */
  get receiveMaximum(): number {
    return this.#connack?.properties?.receiveMaximum ?? 65_535;
  }

  publish(message: OutgoingMessage, done: (error?: VallumError) => void): void {
    const limits = this.#connack?.properties;
    const size =
      Buffer.byteLength(message.topic) + Buffer.byteLength(message.payload) + PUBLISH_OVERHEAD;
    const limit = limits?.maximumPacketSize;
    if (limit !== undefined && size > limit) {
      done(
        refusal(
          `a message of ${size} bytes exceeds what the broker takes (${limit}): put fewer entries in one`,
        ),
      );
      return;
    }
    if (message.retain === true && limits?.retainAvailable === false) {
      done(refusal('the broker keeps no retained messages: allow them in its configuration'));
      return;
    }
    // Exactly-once across connections would need a store of our own; on a persistent session the
    // broker would keep half of each broken exchange. Every message of Vallum is idempotent.
    const highest = Math.min(this.#options.cleanSession ? 2 : 1, limits?.maximumQoS ?? 2);
    const qos = Math.min(message.qos ?? 1, highest) as 0 | 1 | 2;
    const payload =
      typeof message.payload === 'string' ? message.payload : Buffer.from(message.payload);
    const expiry = this.#options.protocolVersion === 5 ? message.expirySeconds : undefined;
    this.#client.publish(
      message.topic,
      payload,
      {
        qos,
        retain: message.retain ?? false,
        ...(expiry === undefined ? {} : { properties: { messageExpiryInterval: expiry } }),
      },
      (error) => {
        if (this.#ended) return;
        const code = errorCode(error);
        // Without a code it is the connection that failed, and `ended` says the rest.
        if (typeof code === 'number')
          done(refusal(`the broker refused the message: ${reasonText(code)}`));
        else if (!error) done();
      },
    );
  }

  subscribe(filters: readonly string[], done: (codes: readonly number[]) => void): void {
    this.#client.subscribe([...filters], { qos: 1 }, (_error, _granted, suback) => {
      if (!this.#ended && suback !== undefined) done(suback.granted.map(Number));
    });
  }

  unsubscribe(filters: readonly string[], done: () => void): void {
    this.#client.unsubscribe([...filters], (error) => {
      if (!this.#ended && !error) done();
    });
  }

  /** Says DISCONNECT, so that no last will fires; a broker that does not react is left after 1 s. */
  async close(): Promise<void> {
    if (this.#ended) return;
    if (!this.#accepted) {
      this.drop();
      return;
    }
    // MQTT.js would wait for the confirmation of each.
    for (const id of Object.keys(this.#client.outgoing)) {
      this.#client.removeOutgoingMessage(Number(id));
    }
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GOODBYE_MS);
      this.#client.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      this.#client.end(false);
    });
    this.drop();
  }

  /** Destroys the connection without a word. */
  drop(): void {
    this.#client.end(true);
    this.#client.stream.destroy();
  }

  #start(): MqttClient {
    const { endpoint, tls } = this.#options;
    const open = () => {
      this.#socket = openBrokerSocket(endpoint, tls);
      const { socket } = this.#socket;
      socket.once('connect', () => (this.#reached = endpoint.tls ? 'tcp' : 'ready'));
      if (endpoint.tls) socket.once('secureConnect', () => (this.#reached = 'ready'));
      return socket;
    };
    const options = clientOptions(this.#options);
    if (!endpoint.webSocket) return new MqttClient(open, options);
    return connect({
      ...options,
      protocol: endpoint.tls ? 'wss' : 'ws',
      hostname: endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host,
      port: endpoint.port,
      path: endpoint.path,
      wsOptions: {
        createConnection: open,
        handshakeTimeout: this.#options.connectTimeoutMs,
        // A few compressed bytes may unfold to a giant.
        perMessageDeflate: false,
      },
    });
  }

  /** In the tick in which the client was made: MQTT.js drops what nobody listens to. */
  #attach(client: MqttClient): void {
    client.handleMessage = (packet, acknowledge) => {
      // The retained or queued messages may stand in the same bytes as the CONNACK.
      this.#accept();
      if (this.isCurrent) this.#handlers.message(packet, acknowledge);
    };
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'connack') this.#connack = packet;
      if (packet.cmd === 'disconnect') this.#disconnectCode = packet.reasonCode ?? 0;
    });
    client.on('connect', () => {
      this.#accept();
    });
    client.on('disconnect', () => {
      this.drop();
    });
    client.on('error', (error) => {
      this.#error ??= error;
      // MQTT.js leaves the connection standing after bytes that it could not parse.
      this.drop();
    });
    // MQTT.js keeps errors without a code (WebSocket handshake) to itself.
    client.stream.on('error', (error: unknown) => {
      this.#error ??= error;
    });
    client.on('close', () => {
      this.#end();
    });
  }

  #accept(): void {
    if (this.#accepted || this.#ended) return;
    this.#accepted = true;
    this.#handlers.accepted(
      this.#connack?.sessionPresent ?? false,
      this.#socket?.addresses() ?? [],
    );
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    const connackCode = this.#accepted ? undefined : connackRefusal(this.#connack);
    this.#handlers.ended({
      ...(connackCode === undefined ? {} : { connackCode }),
      ...(this.#disconnectCode === undefined ? {} : { disconnectCode: this.#disconnectCode }),
      error: this.#error,
      reached: this.#reached,
      accepted: this.#accepted,
    });
  }
}

/** `returnCode` from a broker that answers in 3.1.1's form, `reasonCode` in MQTT 5's. */
function connackRefusal(connack: IConnackPacket | undefined): number | undefined {
  const code = connack?.reasonCode ?? connack?.returnCode;
  return code === undefined || code === 0 ? undefined : code;
}

function refusal(message: string): VallumError {
  return new VallumError(message, { code: 'BROKER_REFUSED', operation: 'mqtt publish' });
}
