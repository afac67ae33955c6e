import { systemClock, type Clock } from '../system/clock.js';
import type {
  OutboxLimits,
  OutgoingMessage,
  PublishCaveat,
  Transport,
  TransportHandlers,
} from '../transport/transport.js';
import { BrokerSession } from './broker-session.js';
import { filterMatches } from '../transport/topic-filter.js';
import { createMemoryTransport, type WholeSubscription } from './memory-transport.js';

/** How a broker in memory behaves. Default: as an open one. */
export interface MemoryBrokerOptions {
  /** Ends retained messages that carry an expiry. Default: the system's clock. */
  readonly clock?: Pick<Clock, 'nowMs'>;
  /** Where clients are told that the broker is. Default: nowhere. */
  readonly brokerAddresses?: readonly string[];
  /** Access rules: says why a client may not, or undefined. Default: everybody may everything. */
  readonly refusePublish?: (clientId: string, topic: string) => string | undefined;
  /** The same for topic filters. */
  readonly refuseSubscribe?: (clientId: string, filter: string) => string | undefined;
}

/** How a client of a broker in memory connects. */
export interface MemoryTransportOptions {
  /** Forget the session when the connection ends. Default false: messages wait for the client. */
  readonly cleanStart?: boolean;
  /** Published when the connection ends without `close()`. */
  readonly will?: OutgoingMessage;
  /** Default 5. */
  readonly protocolVersion?: 4 | 5;
  /** What may wait for a connection. */
  readonly outbox?: OutboxLimits;
}

/** A message that a broker in memory has taken. */
export interface PublishedMessage {
  readonly clientId: string;
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  readonly expirySeconds?: number;
}

/** A broker in this process, with the state that a real one keeps. */
export interface MemoryBroker {
  /** A client; two transports of one id share its session, as a restarted program does. */
  transport(clientId: string, options?: MemoryTransportOptions): Transport;
  /** Ends all connections at once, without last wills; retained messages and sessions stay. */
  stop(): void;
  /** Lets everybody connect again. A broker is started when it is made. */
  start(): void;
  /** Tears one client's connection, so that its last will fires, and keeps it away. */
  cut(clientId: string): void;
  /** Lets a client that was cut connect again. */
  mend(clientId: string): void;
  /** Everything the broker has taken, in order. */
  readonly published: readonly PublishedMessage[];
  /** Retained messages by topic. */
  retained(): ReadonlyMap<string, Uint8Array>;
  /** Messages that a client has not confirmed. */
  queued(clientId: string): number;
  /** Resolves when all that connected clients can get was given to them, and they are done with it. */
  settled(): Promise<void>;
}

interface Client extends MemoryTransportOptions {
  readonly handlers: TransportHandlers;
  readonly subscriptions: () => readonly WholeSubscription[];
}

interface Retained extends PublishedMessage {
  readonly expiresAtMs: number;
}

/** For tests without a network: what is confirmed here would be confirmed by a real broker. */
export function createMemoryBroker(options: MemoryBrokerOptions = {}): MemoryBroker {
  return new Broker(options);
}

class Broker implements MemoryBroker {
  readonly published: PublishedMessage[] = [];
  readonly #options: MemoryBrokerOptions;
  readonly #sessions = new Map<string, BrokerSession>();
  /** Those who want to be connected. */
  readonly #clients = new Map<string, Client>();
  readonly #cut = new Set<string>();
  readonly #retained = new Map<string, Retained>();
  #running = true;
  #connecting = 0;

  constructor(options: MemoryBrokerOptions) {
    this.#options = options;
  }

  transport(clientId: string, options: MemoryTransportOptions = {}): Transport {
    let self: Client | undefined;
    const isCurrent = (): boolean => this.#clients.get(clientId) === self;
    return createMemoryTransport(
      {
        enter: (handlers, subscriptions) => {
          this.#drop(clientId, 'another client took over the session');
          self = { ...options, handlers, subscriptions };
          this.#clients.set(clientId, self);
          this.#connect(clientId);
        },
        connected: () => self !== undefined && isCurrent() && this.#isConnected(clientId),
        subscribe: (subscriptions) => this.#subscribe(clientId, subscriptions),
        unsubscribe: (filters) => {
          for (const filter of filters) this.#sessions.get(clientId)?.subscriptions.delete(filter);
        },
        publish: (message, caveat) => this.#publish(clientId, message, caveat),
        leave: () => {
          if (!isCurrent()) return;
          this.#clients.delete(clientId);
          this.#endSession(clientId, options.cleanStart === true);
        },
      },
      options.outbox,
    );
  }

  stop(): void {
    this.#running = false;
    for (const clientId of this.#clients.keys()) this.#drop(clientId, 'the broker was stopped');
  }

  start(): void {
    this.#running = true;
    for (const clientId of this.#clients.keys()) this.#connect(clientId);
  }

  cut(clientId: string): void {
    this.#cut.add(clientId);
    const wasConnected = this.#isConnected(clientId);
    this.#drop(clientId, 'the connection was cut');
    const will = this.#clients.get(clientId)?.will;
    if (wasConnected && will !== undefined) this.#publish(clientId, will);
  }

  mend(clientId: string): void {
    this.#cut.delete(clientId);
    this.#connect(clientId);
  }

  retained(): ReadonlyMap<string, Uint8Array> {
    this.#expire();
    return new Map([...this.#retained].map(([topic, { payload }]) => [topic, payload]));
  }

  queued(clientId: string): number {
    return this.#sessions.get(clientId)?.queued ?? 0;
  }

  async settled(): Promise<void> {
    const busy = (): boolean =>
      this.#connecting > 0 || [...this.#sessions.values()].some((session) => session.busy);
    // Once more around, since a handler may have published as its last act.
    do await new Promise((resolve) => setImmediate(resolve));
    while (busy());
  }

  #isConnected(clientId: string): boolean {
    return this.#sessions.get(clientId)?.connected === true;
  }

  #connect(clientId: string): void {
    this.#connecting += 1;
    setImmediate(() => {
      void this.#admit(clientId).finally(() => (this.#connecting -= 1));
    });
  }

  async #admit(clientId: string): Promise<void> {
    const client = this.#clients.get(clientId);
    if (client === undefined || this.#isConnected(clientId)) return;
    const { handlers, cleanStart = false, protocolVersion = 5 } = client;
    const { brokerAddresses = [] } = this.#options;
    await handlers.dialling?.(brokerAddresses).catch((error: unknown) => {
      handlers.warning?.(`the way to the broker could not be prepared: ${String(error)}`);
    });
    if (this.#clients.get(clientId) !== client || this.#isConnected(clientId)) return;
    if (!this.#running || this.#cut.has(clientId)) {
      handlers.connection({ state: 'disconnected', detail: 'the broker is away', retryInMs: 0 });
      return;
    }
    if (cleanStart) this.#sessions.delete(clientId);
    const sessionPresent = this.#sessions.has(clientId);
    const session = this.#sessions.get(clientId) ?? new BrokerSession();
    this.#sessions.set(clientId, session);
    session.connect(handlers);
    handlers.connection({ state: 'connected', sessionPresent, protocolVersion, brokerAddresses });
    this.#subscribe(clientId, client.subscriptions());
  }

  #drop(clientId: string, detail: string): void {
    const client = this.#clients.get(clientId);
    const handlers = this.#endSession(clientId, client?.cleanStart === true);
    handlers?.connection({ state: 'disconnected', detail, retryInMs: 0 });
  }

  #endSession(clientId: string, forget: boolean): TransportHandlers | undefined {
    const handlers = this.#sessions.get(clientId)?.disconnect();
    if (forget) this.#sessions.delete(clientId);
    return handlers;
  }

  #subscribe(clientId: string, subscriptions: readonly WholeSubscription[]): void {
    const session = this.#sessions.get(clientId);
    const old = this.#clients.get(clientId)?.protocolVersion === 4;
    this.#expire();
    for (const asked of subscriptions) {
      // MQTT 3.1.1 knows neither No Local nor Retain Handling.
      const one = old ? { ...asked, noLocal: false, retainHandling: 0 as const } : asked;
      const { filter, qos: mostQos, retainHandling } = one;
      const refused = this.#options.refuseSubscribe?.(clientId, filter);
      const isNew = session?.subscriptions.has(filter) !== true;
      if (refused === undefined) session?.subscriptions.set(filter, one);
      // Behind it: whoever is told publishes at once, and wants to hear it.
      const outcome = refused === undefined ? 'granted' : { refused };
      this.#clients.get(clientId)?.handlers.subscription?.(filter, outcome);
      if (refused !== undefined) continue;
      if (retainHandling === 2 || (retainHandling === 1 && !isNew)) continue;
      for (const { topic, payload, qos, expiresAtMs } of this.#retained.values()) {
        if (!filterMatches(filter, topic)) continue;
        const leftMs = expiresAtMs - this.#nowMs();
        const expiry =
          old || leftMs === Infinity ? {} : { expiresInSeconds: Math.ceil(leftMs / 1000) };
        session?.enqueue({ topic, payload, retained: true, ...expiry }, qos === 0 ? 0 : mostQos);
      }
    }
  }

  #publish(
    clientId: string,
    message: OutgoingMessage,
    caveat?: (caveat: PublishCaveat) => void,
  ): string | undefined {
    const { topic, qos = 1, retain = false, expirySeconds } = message;
    const refusal = this.#options.refusePublish?.(clientId, topic);
    if (refusal !== undefined) return refusal;
    const payload = new Uint8Array(Buffer.from(message.payload));
    const expiry = expirySeconds === undefined ? {} : { expirySeconds };
    const taken = { clientId, topic, payload, qos, retain, ...expiry };
    this.published.push(taken);
    if (retain) this.#retain(taken);
    let heard = false;
    for (const [subscriber, session] of this.#sessions) {
      const mostQos = session.wants(topic, subscriber === clientId);
      if (mostQos === undefined) continue;
      heard = true;
      session.enqueue({ topic, payload, retained: false }, qos === 0 ? 0 : mostQos);
    }
    if (qos === 0) caveat?.('unconfirmed');
    else if (!heard) caveat?.('unheard');
    return undefined;
  }

  #retain(message: PublishedMessage): void {
    // Put at the end, as by a broker that keeps what came last, last.
    this.#retained.delete(message.topic);
    if (message.payload.length === 0) return;
    const expiresAtMs = this.#nowMs() + (message.expirySeconds ?? Infinity) * 1000;
    this.#retained.set(message.topic, { ...message, expiresAtMs });
  }

  #expire(): void {
    for (const [topic, { expiresAtMs }] of this.#retained) {
      if (expiresAtMs <= this.#nowMs()) this.#retained.delete(topic);
    }
  }

  #nowMs(): number {
    return (this.#options.clock ?? systemClock).nowMs();
  }
}
