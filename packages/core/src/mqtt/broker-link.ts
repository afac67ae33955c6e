import { connect, MqttClient, type IConnackPacket } from 'mqtt';
import type { VallumError } from '../errors.js';
import type { OutgoingMessage } from '../transport/transport.js';
import { openBrokerSocket, type BrokerSocket } from './broker-socket.js';
import { errorCode } from './error-code.js';
import { clientOptions, type LinkOptions } from './link-options.js';
import { GOODBYE_MS, type Link, type LinkHandlers } from './link.js';
import { exceedsLimits, messageRefused, usableQos } from './publish-limits.js';

/**
 * A connection through MQTT.js, for those who subscribe. It is given no reconnection:
 * each attempt is a client of its own, so that it may differ in protocol version, password and
 * certificates, and nothing stale survives.
 */
export class BrokerLink implements Link {
  readonly #options: LinkOptions;
  readonly #client: MqttClient;
  readonly #handlers: LinkHandlers;
  #socket: BrokerSocket | undefined;
  #connack: IConnackPacket | undefined;
  #accepted = false;
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

  get receiveMaximum(): number {
    return this.#connack?.properties?.receiveMaximum ?? 65_535;
  }

  publish(message: OutgoingMessage, done: (error?: VallumError) => void): void {
    const limits = this.#connack?.properties;
    const fault = exceedsLimits(message, limits);
    if (fault !== undefined) {
      done(fault);
      return;
    }
    const qos = usableQos(message, this.#options, limits);
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
        if (typeof code === 'number') done(messageRefused(code));
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
    const { endpoint, tls, address } = this.#options;
    const open = () => {
      this.#socket = openBrokerSocket(endpoint, tls, address);
      return this.#socket.socket;
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
      reached: this.#socket?.reached() ?? 'nothing',
      accepted: this.#accepted,
    });
  }
}

/** `returnCode` from a broker that answers in 3.1.1's form, `reasonCode` in MQTT 5's. */
function connackRefusal(connack: IConnackPacket | undefined): number | undefined {
  const code = connack?.reasonCode ?? connack?.returnCode;
  return code === undefined || code === 0 ? undefined : code;
}
