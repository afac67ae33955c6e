import { VallumError, type VallumErrorCode } from '../words/errors.js';
import { subscriptionFault, topicFault } from '../transport/topic-filter.js';
import type {
  ConnectionState,
  OutboxLimits,
  OutgoingMessage,
  PublishOptions,
  Subscription,
  Transport,
  TransportHandlers,
} from '../transport/transport.js';

export type WholeSubscription = Required<Subscription>;

/** What a broker does for one client. */
export interface BrokerDoor {
  /** Starts connecting; the broker calls the handlers from now on. */
  enter(handlers: TransportHandlers, subscriptions: () => readonly WholeSubscription[]): void;
  connected(): boolean;
  subscribe(subscriptions: readonly WholeSubscription[]): void;
  unsubscribe(filters: readonly string[]): void;
  /**
   * @param caveat see `PublishOptions`
   * @returns why the broker refuses the message; undefined where it has taken it
   */
  publish(message: OutgoingMessage, caveat: PublishOptions['caveat']): string | undefined;
  leave(): void;
}

interface Waiting {
  readonly message: OutgoingMessage;
  readonly bytes: number;
  readonly send: () => void;
  readonly fail: (error: VallumError) => void;
}

const MOST_MESSAGES = 10_000;
const MOST_BYTES = 64 * 1024 * 1024;

/** The client's side of the memory broker. */
export function createMemoryTransport(door: BrokerDoor, limits: OutboxLimits = {}): Transport {
  const { mostMessages = MOST_MESSAGES, mostBytes = MOST_BYTES } = limits;
  let state: 'new' | 'open' | 'closed' = 'new';
  let wanted: readonly WholeSubscription[] = [];
  const waiting = new Set<Waiting>();

  const onConnection = (connection: ConnectionState) => {
    if (connection.state !== 'connected') return;
    for (const one of waiting) one.send();
    waiting.clear();
  };

  /** The confirmation takes its way back; what happens meanwhile, happens before it. */
  const sendNow = async (
    message: OutgoingMessage,
    caveat: PublishOptions['caveat'],
  ): Promise<void> => {
    const refusal = door.publish(message, caveat);
    await new Promise((resolve) => setImmediate(resolve));
    if (refusal !== undefined) throw transportError('BROKER_REFUSED', refusal);
  };

  const wait = (message: OutgoingMessage, { signal, caveat }: PublishOptions): Promise<void> =>
    new Promise((resolve, reject) => {
      const bytes = Buffer.byteLength(message.topic) + Buffer.byteLength(message.payload);
      const held = [...waiting].reduce((sum, one) => sum + one.bytes, bytes);
      if (waiting.size >= mostMessages || held > mostBytes) {
        throw transportError('OUTBOX_FULL', 'no more messages are taken until the broker is back');
      }
      const giveUp = () => {
        waiting.delete(one);
        reject(aborted());
      };
      const one: Waiting = {
        message,
        bytes,
        send: () => {
          signal?.removeEventListener('abort', giveUp);
          sendNow(message, caveat).then(resolve, reject);
        },
        fail: (error) => {
          signal?.removeEventListener('abort', giveUp);
          reject(error);
        },
      };
      signal?.addEventListener('abort', giveUp, { once: true });
      waiting.add(one);
    });

  return {
    open(handlers) {
      if (state === 'closed') throw transportError('CLOSED', 'the transport has been closed');
      if (state === 'open') throw invalid('the transport has been opened before');
      state = 'open';
      const watched: TransportHandlers = {
        ...bound(handlers),
        connection(connection) {
          handlers.connection(connection);
          onConnection(connection);
        },
      };
      door.enter(watched, () => wanted);
    },

    subscribe(subscriptions) {
      const before = wanted;
      wanted = read(subscriptions);
      if (!door.connected()) return;
      const missing = (filter: string, among: readonly WholeSubscription[]) =>
        !among.some((one) => one.filter === filter);
      door.unsubscribe(
        before.map(({ filter }) => filter).filter((filter) => missing(filter, wanted)),
      );
      door.subscribe(wanted.filter((one) => !before.some((other) => isSame(one, other))));
    },

    async publish(message, options = {}) {
      if (state === 'closed') throw transportError('CLOSED', 'the transport has been closed');
      const fault = topicFault(message.topic);
      if (fault !== undefined) throw invalid(fault);
      if (options.signal?.aborted === true) throw aborted();
      await (state === 'open' && door.connected()
        ? sendNow(message, options.caveat)
        : wait(message, options));
    },

    get outbox() {
      const bytes = [...waiting].reduce((sum, one) => sum + one.bytes, 0);
      return { messages: waiting.size, bytes };
    },

    close() {
      if (state === 'open') door.leave();
      state = 'closed';
      const error = transportError('BROKER_UNREACHABLE', 'the transport was closed before');
      for (const one of waiting) one.fail(error);
      waiting.clear();
      return Promise.resolve();
    },
  };
}

/** Handlers may be an object of a class: what is spread loses its methods. */
function bound(handlers: TransportHandlers): TransportHandlers {
  return {
    message: (message) => handlers.message(message),
    connection: (state) => {
      handlers.connection(state);
    },
    ...(handlers.messages && { messages: handlers.messages.bind(handlers) }),
    ...(handlers.dialling && { dialling: handlers.dialling.bind(handlers) }),
    ...(handlers.subscription && { subscription: handlers.subscription.bind(handlers) }),
    ...(handlers.warning && { warning: handlers.warning.bind(handlers) }),
  };
}

/** @throws VallumError `INVALID_ARGUMENT` */
function read(subscriptions: readonly (string | Subscription)[]): WholeSubscription[] {
  const whole = subscriptions.map((one) => ({
    ...({ qos: 1, noLocal: false, retainHandling: 0 } as const),
    ...(typeof one === 'string' ? { filter: one } : one),
  }));
  for (const one of whole) {
    const fault = subscriptionFault(one);
    if (fault !== undefined) throw invalid(fault);
  }
  return [...new Map(whole.map((one) => [one.filter, one])).values()];
}

function isSame(one: WholeSubscription, other: WholeSubscription): boolean {
  return (
    one.filter === other.filter &&
    one.qos === other.qos &&
    one.noLocal === other.noLocal &&
    one.retainHandling === other.retainHandling
  );
}

function aborted(): VallumError {
  return transportError('ABORTED', 'the message was given up before it was sent');
}

function invalid(message: string): VallumError {
  return transportError('INVALID_ARGUMENT', message);
}

function transportError(code: VallumErrorCode, message: string): VallumError {
  return new VallumError(message, { code, operation: 'memory transport' });
}
