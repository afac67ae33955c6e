import type { IConnackPacket, MqttClient } from 'mqtt';
import { soon } from '../system/soon.js';
import type { OutgoingMessage } from '../transport/transport.js';
import { BrokerFault } from './broker-fault.js';
import { openBrokerSocket, type BrokerSocket } from './broker-socket.js';
import { errorCode } from './error-code.js';
import { clientOptions, type LinkOptions } from './link-options.js';
import { pubackPackets } from './client-packets.js';
import { NOBODY_LISTENS } from './exchanges.js';
import { GOODBYE_MS, type Answered, type Delivery, type Link, type LinkHandlers } from './link.js';
import { KeepAlive } from './keep-alive.js';
import { MOST_PACKET_BYTES } from './packet-limits.js';
import { exceedsLimits, messageRefused, usableQos } from './publish-limits.js';
import type { SubscriptionManner } from './subscriptions.js';

const UNCONFIRMED = new Error('confirmed later');
const SILENT = new Error('Keepalive timeout');
const DROPPED = new Error('the connection was given up before it stood');

/**
 * A connection over WebSockets, through MQTT.js, which is loaded here and so only where it is
 * wanted. It is given no reconnection: each attempt is a client of its own, so that it may differ
 * in protocol version, password and certificates, and nothing stale survives.
 */
export class WebSocketLink implements Link {
  readonly #options: LinkOptions;
  readonly #handlers: LinkHandlers;
  #client: MqttClient | undefined;
  #socket: BrokerSocket | undefined;
  #connack: IConnackPacket | undefined;
  /** Messages to which the broker said so: MQTT.js passes only errors on. */
  readonly #unheard = new Set<number | undefined>();
  #accepted = false;
  #dropped = false;
  #ended = false;
  #disconnectCode: number | undefined;
  #error: unknown;
  #confirmed: number[] = [];
  #keepAlive: KeepAlive | undefined;
  #heard = 0;
  /** A message is with its handler: MQTT.js reads nothing meanwhile. */
  #held = false;

  constructor(options: LinkOptions, handlers: LinkHandlers) {
    this.#options = options;
    this.#handlers = handlers;
    this.#start().catch((error: unknown) => {
      this.#error ??= error;
      this.#end();
    });
  }

  get isCurrent(): boolean {
    return this.#accepted && !this.#ended;
  }

  get heard(): number {
    return this.#heard;
  }

  get receiveMaximum(): number {
    return this.#connack?.properties?.receiveMaximum ?? 65_535;
  }

  publish(message: OutgoingMessage, done: Answered): void {
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
    let packetId: number | undefined;
    this.#client?.publish(
      message.topic,
      payload,
      {
        qos,
        retain: message.retain ?? false,
        ...(expiry === undefined ? {} : { properties: { messageExpiryInterval: expiry } }),
      },
      (error) => {
        const caveat = this.#unheard.delete(packetId) ? 'unheard' : undefined;
        if (this.#ended) return;
        const code = errorCode(error);
        // Without a code it is the connection that failed, and `ended` says the rest.
        if (typeof code === 'number') done(messageRefused(code));
        else if (!error) done(undefined, qos === 0 ? 'unconfirmed' : caveat);
      },
    );
    if (qos > 0) packetId = this.#client?.getLastMessageId();
  }

  subscribe(
    filters: readonly string[],
    manner: SubscriptionManner,
    done: (codes: readonly number[]) => void,
  ): void {
    const { qos, noLocal: nl, retainHandling: rh } = manner;
    const options = this.#options.protocolVersion === 5 ? { qos, nl, rh } : { qos };
    this.#client?.subscribe([...filters], options, (_error, _granted, suback) => {
      if (!this.#ended && suback !== undefined) done(suback.granted.map(Number));
    });
  }

  unsubscribe(filters: readonly string[], done: () => void): void {
    this.#client?.unsubscribe([...filters], (error) => {
      if (!this.#ended && !error) done();
    });
  }

  async close(): Promise<void> {
    if (this.#ended) return;
    const client = this.#client;
    if (!this.#accepted || client === undefined) {
      this.#drop();
      return;
    }
    // MQTT.js would wait for the confirmation of each.
    for (const id of Object.keys(client.outgoing)) client.removeOutgoingMessage(Number(id));
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, GOODBYE_MS);
      client.once('close', () => {
        clearTimeout(timer);
        resolve();
      });
      client.end(false);
    });
    this.#drop();
  }

  /** Destroys the connection without a word. */
  #drop(): void {
    this.#dropped = true;
    this.#client?.end(true);
    this.#client?.stream.destroy();
  }

  async #start(): Promise<void> {
    const { default: mqtt } = await import('mqtt');
    if (this.#dropped) throw DROPPED;
    const { endpoint, tls, whereabouts } = this.#options;
    this.#client = mqtt.connect({
      ...clientOptions(this.#options),
      protocol: endpoint.tls ? 'wss' : 'ws',
      hostname: endpoint.host.includes(':') ? `[${endpoint.host}]` : endpoint.host,
      port: endpoint.port,
      path: endpoint.path,
      wsOptions: {
        createConnection: () => {
          this.#socket = openBrokerSocket(endpoint, tls, whereabouts);
          return this.#socket.socket;
        },
        handshakeTimeout: this.#options.connectTimeoutMs,
        // A few compressed bytes may unfold to a giant.
        perMessageDeflate: false,
      },
    });
    this.#attach(this.#client);
  }

  /** In the tick in which the client was made: MQTT.js drops what nobody listens to. */
  #attach(client: MqttClient): void {
    client.handleMessage = (packet, done) => {
      // The retained or queued messages may stand in the same bytes as the CONNACK.
      this.#accept();
      if (!this.isCurrent) return;
      const { topic, payload, retain, qos, messageId, properties } = packet;
      const expiresInSeconds = properties?.messageExpiryInterval;
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
      // Over 3.1.1 a broker cannot be told to keep them back, and a frame has come as a whole.
      if (bytes.length > MOST_PACKET_BYTES) {
        this.#handlers.refusedGiant(topic, bytes.length);
        done();
        return;
      }
      this.#held = true;
      const proceed = (error?: Error) => {
        this.#held = false;
        done(error);
      };
      const isCurrent = () => this.isCurrent;
      const deliver = (receipt: Pick<Delivery, 'proceed' | 'acknowledge'>) => {
        this.#handlers.message({
          ...receipt,
          message: {
            ...{ topic, payload: bytes, retained: retain },
            ...(expiresInSeconds === undefined ? {} : { expiresInSeconds }),
          },
          qos,
          get isCurrent() {
            return isCurrent();
          },
        });
      };
      if (qos === 1 && messageId !== undefined) {
        const acknowledge = () => {
          this.#confirm(messageId);
        };
        // With an error MQTT.js goes on to the next message and leaves PUBACK to us.
        deliver({
          proceed: () => {
            proceed(UNCONFIRMED);
          },
          acknowledge,
        });
      } else if (qos === 2) {
        // Of an old subscription in the session. MQTT.js sends PUBCOMP and goes on in one.
        deliver({ proceed: () => undefined, acknowledge: proceed });
      } else {
        deliver({ proceed, acknowledge: () => undefined });
      }
    };
    client.on('packetreceive', (packet) => {
      if (packet.cmd === 'connack') this.#connack = packet;
      if (packet.cmd === 'puback' || packet.cmd === 'pubrec') {
        if (packet.reasonCode === NOBODY_LISTENS) this.#unheard.add(packet.messageId);
      }
      if (packet.cmd === 'disconnect') this.#disconnectCode = packet.reasonCode ?? 0;
    });
    client.on('connect', () => {
      this.#accept();
    });
    client.on('disconnect', () => {
      this.#drop();
    });
    client.on('error', (error) => {
      this.#error ??= error;
      // MQTT.js leaves the connection standing after bytes that it could not parse.
      this.#drop();
    });
    // MQTT.js keeps errors without a code (WebSocket handshake) to itself.
    client.stream.on('error', (error: unknown) => {
      this.#error ??= error;
    });
    client.stream.on('data', () => {
      this.#heard += 1;
      this.#keepAlive?.heard();
    });
    client.on('close', () => {
      this.#end();
    });
  }

  /** What is confirmed in one go leaves in one packet of the network: MQTT.js makes one of each. */
  #confirm(packetId: number): void {
    this.#confirmed.push(packetId);
    if (this.#confirmed.length > 1) return;
    soon(() => {
      const bytes = pubackPackets(this.#confirmed);
      this.#confirmed = [];
      const stream = this.#client?.stream;
      if (this.isCurrent && stream?.writable === true) stream.write(bytes);
    });
  }

  #accept(): void {
    if (this.#accepted || this.#ended) return;
    this.#accepted = true;
    const { serverKeepAlive, sessionExpiryInterval } = this.#connack?.properties ?? {};
    const seconds = serverKeepAlive ?? this.#options.keepaliveSeconds;
    if (seconds > 0) {
      this.#keepAlive = new KeepAlive({
        seconds,
        ping: () => this.#client?.sendPing(),
        onSilence: () => {
          this.#error ??= SILENT;
          this.#drop();
        },
        isHeld: () => this.#held,
      });
    }
    this.#handlers.accepted({
      sessionPresent: this.#connack?.sessionPresent ?? false,
      brokerAddresses: this.#socket?.addresses() ?? [],
      sessionExpirySeconds: sessionExpiryInterval,
    });
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#keepAlive?.stop();
    const connackCode = this.#accepted ? undefined : connackRefusal(this.#connack);
    this.#handlers.ended({
      ...(connackCode === undefined ? {} : { connackCode }),
      ...(this.#disconnectCode === undefined ? {} : { disconnectCode: this.#disconnectCode }),
      error: this.#accepted ? readable(this.#error) : this.#error,
      reached: this.#socket?.reached() ?? 'nothing',
      accepted: this.#accepted,
      ...(this.#socket === undefined ? {} : { shown: this.#socket.shown }),
    });
  }
}

/** Of a connection that stood, only the errors of MQTT.js' parser and our own have no code. */
function readable(error: unknown): unknown {
  return error === undefined || error === SILENT || errorCode(error) !== undefined
    ? error
    : new BrokerFault('what the broker says is malformed');
}

/** `returnCode` from a broker that answers in 3.1.1's form, `reasonCode` in MQTT 5's. */
function connackRefusal(connack: IConnackPacket | undefined): number | undefined {
  const code = connack?.reasonCode ?? connack?.returnCode;
  return code === undefined || code === 0 ? undefined : code;
}
