import assert from 'node:assert/strict';
import type {
  ConnectionState,
  OutboxLimits,
  OutgoingMessage,
  Subscription,
  Transport,
  TransportHandlers,
  TransportMessage,
} from '../transport/transport.js';
import { VallumError, type VallumErrorCode } from '../words/errors.js';

/** What a case asks of a client. */
export interface TransportWishes {
  /** Stable: two clients of one id share a session. */
  readonly clientId: string;
  /** false: messages wait for the client while it is away. Default true. */
  readonly cleanSession?: boolean;
  readonly will?: OutgoingMessage & { readonly payload: string };
  readonly outbox?: OutboxLimits;
}

/** A broker, and clients of the transport that is judged. */
export interface TransportSubject {
  /** A client of one and the same broker, not opened yet. */
  create(wishes: TransportWishes): Transport;
  /** Tears all connections, as a network does, so that last wills fire; nobody comes in until `mend`. */
  cut(): Promise<void>;
  /** Lets everybody connect again. */
  mend(): Promise<void>;
  /** Closes what is still open. */
  dispose(): Promise<void>;
}

/** What a transport may lack, and then has to say so. */
export type TransportFeature =
  /** No Local and Retain Handling: MQTT 3.1.1 has neither. */
  | 'subscription-options'
  /** `TransportHandlers.messages`, and what it resolves with. */
  | 'late-acknowledgement';

/** What a transport has to do of the contract. */
export interface TransportContractOptions {
  /** Default: nothing. */
  readonly lacks?: readonly TransportFeature[];
}

/** A client of a case, and all that its handlers were told, in order. */
export interface Client {
  readonly transport: Transport;
  readonly states: ConnectionState['state'][];
  /** `topic=payload`, with `!` behind what the broker had kept. */
  readonly messages: string[];
  /** The filter, and behind a refused one `: ` and the reason. */
  readonly subscriptions: string[];
  readonly warnings: string[];
  /** What the handler does with a message once it is written down. */
  handle: (text: string) => Promise<void>;
  /** Waits for one state more. */
  reaches(state: ConnectionState['state']): Promise<void>;
  receives(...messages: readonly string[]): Promise<void>;
  /** As quality of service 1 has it: a broker that takes a session up again may say a message twice. */
  receivesAtLeastOnce(...messages: readonly string[]): Promise<void>;
}

export interface TransportBench {
  readonly subject: TransportSubject;
  /** Names a topic that no other case uses: the broker may outlive the case. */
  readonly topic: (name: string) => string;
  readonly create: (wishes?: Partial<TransportWishes>) => Transport;
  /** Opens a client and waits until it is connected and its filters are answered. */
  readonly open: (
    filters?: readonly (string | Subscription)[],
    wishes?: Partial<TransportWishes>,
  ) => Promise<Client>;
  /** Opens without waiting. */
  readonly openNow: (
    transport: Transport,
    handlers?: Partial<TransportHandlers>,
    filters?: readonly (string | Subscription)[],
  ) => Client;
}

export interface TransportCase {
  readonly title: string;
  readonly feature?: TransportFeature;
  run(bench: TransportBench): Promise<void>;
}

const WAIT_MS = 10_000;
const LOOK_EVERY_MS = 5;

export async function until(condition: () => boolean, what: () => string): Promise<void> {
  const endMs = performance.now() + WAIT_MS;
  while (!condition()) {
    assert.ok(performance.now() < endMs, `waited in vain for ${what()}`);
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
}

export function failsWith(code: VallumErrorCode): (error: unknown) => boolean {
  return (error) => error instanceof VallumError && error.code === code;
}

/** Something that is awaited later: its failure is that case's, and not the process's. */
export function begun<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => undefined);
  return promise;
}

const SOON_MS = 2_000;

/** For what needs no broker to be over. */
export async function soon(promise: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => {
      reject(new assert.AssertionError({ message: 'waited in vain for the promise to settle' }));
    }, SOON_MS);
  });
  await Promise.race([promise, late]).finally(() => {
    clearTimeout(timer);
  });
}

let benchesMade = 0;

export function createTransportBench(subject: TransportSubject): TransportBench {
  benchesMade += 1;
  const place = `contract-${process.pid}-${benchesMade}`;
  let clientsMade = 0;

  const create = (wishes: Partial<TransportWishes> = {}): Transport => {
    clientsMade += 1;
    const { clientId = String(clientsMade), ...rest } = wishes;
    return subject.create({ ...rest, clientId: `${place}-${clientId}` });
  };
  const openNow: TransportBench['openNow'] = (transport, handlers = {}, filters = []) => {
    const client = createClient(transport);
    transport.subscribe(filters);
    transport.open({
      message: (message) => take(client, message),
      connection: (state) => client.states.push(state.state),
      subscription: (filter, outcome) =>
        client.subscriptions.push(outcome === 'granted' ? filter : `${filter}: ${outcome.refused}`),
      warning: (text) => client.warnings.push(text),
      ...handlers,
    });
    return client;
  };

  return {
    subject,
    topic: (name) => `${place}/${name}`,
    create,
    openNow,
    async open(filters = [], wishes = {}) {
      const client = openNow(create(wishes), {}, filters);
      await client.reaches('connected');
      await until(
        () => client.subscriptions.length === filters.length,
        () => `an answer to each of ${filters.length} filters`,
      );
      return client;
    },
  };
}

function createClient(transport: Transport): Client {
  let seen = 0;
  const client: Client = {
    ...{ transport, states: [], messages: [], subscriptions: [], warnings: [] },
    handle: () => Promise.resolve(),
    async reaches(state) {
      await until(
        () => client.states.includes(state, seen),
        () => `${state} behind ${client.states.slice(0, seen).join(', ')}`,
      );
      seen = client.states.indexOf(state, seen) + 1;
    },
    async receives(...messages) {
      await until(
        () => client.messages.length >= messages.length,
        () => `${messages.length} messages: ${client.messages.join(', ')}`,
      );
      assert.deepEqual(client.messages, messages);
    },
    async receivesAtLeastOnce(...messages) {
      await until(
        () => messages.every((message) => client.messages.includes(message)),
        () => `all of ${messages.join(', ')}: ${client.messages.join(', ')}`,
      );
      assert.deepEqual([...new Set(client.messages)], messages);
    },
  };
  return client;
}

function take(client: Client, { topic, payload, retained }: TransportMessage): Promise<void> {
  const text = `${topic}=${Buffer.from(payload).toString()}${retained ? '!' : ''}`;
  client.messages.push(text);
  return client.handle(text);
}
