import { Readable } from 'node:stream';
import { quote } from '@vallum/options';
import { BoundedQueues, type ClientName } from './bounded-queues.js';
import { LIMITS } from './limits.js';

interface StoredSubscription {
  readonly topic: string;
}

/** The part of aedes' memory (aedes-persistence) that is given bounds here. */
export interface BrokerMemory {
  addSubscriptions(
    client: ClientName,
    subscriptions: readonly StoredSubscription[],
    done: (error: Error | null, client: ClientName) => void,
  ): void;
  cleanSubscriptions(client: ClientName, done: () => void): void;
}

export interface BoundedMemoryOptions {
  readonly isConnected: (clientId: string) => boolean;
  readonly maySubscribe: (filter: string) => boolean;
  readonly complain: (sentence: string) => void;
}

/** Keeps what is remembered of clients that are away, or that do not confirm, within bounds. */
export class BoundedMemory {
  readonly #options: BoundedMemoryOptions;
  readonly #memory: BrokerMemory;
  readonly #queues: BoundedQueues;
  /** Clients with a session, those that came back last at the end. */
  readonly #sessions = new Set<string>();

  /** Changes the memory itself: aedes calls it by the names of its methods. */
  constructor(memory: BrokerMemory, options: BoundedMemoryOptions) {
    this.#options = options;
    this.#queues = new BoundedQueues({
      full: (clientId) => {
        options.complain(
          `client ${quote(clientId)} of the embedded broker is away or does not confirm, and too much waits ` +
            'for it: what comes now is not kept for it (nodes make up for it when they are back)',
        );
      },
    });
    const addSubscriptions = memory.addSubscriptions.bind(memory);
    this.#memory = memory;
    const queues = this.#queues;
    Object.assign(memory, {
      outgoingEnqueue: queues.outgoingEnqueue,
      outgoingEnqueueCombi: queues.outgoingEnqueueCombi,
      outgoingUpdate: queues.outgoingUpdate,
      outgoingClearMessageId: queues.outgoingClearMessageId,
      outgoingStream: (client: ClientName) => Readable.from(queues.outgoingPackets(client)),
      incomingStorePacket: queues.incomingStorePacket,
      incomingGetPacket: queues.incomingGetPacket,
      incomingDelPacket: queues.incomingDelPacket,
      // aedes hands over refused subscriptions too, where it was asked for several at once.
      addSubscriptions: ((client, subscriptions, done) => {
        this.#remember(client.id);
        const allowed = subscriptions.filter(({ topic }) => options.maySubscribe(topic));
        addSubscriptions(client, allowed.slice(0, LIMITS.subscriptions), done);
      }) satisfies BrokerMemory['addSubscriptions'],
    });
  }

  /** @param clean it asked for nothing to be kept */
  left(client: ClientName, clean: boolean): void {
    if (clean || !this.#sessions.has(client.id)) this.#forget(client.id);
  }

  #remember(clientId: string): void {
    this.#sessions.delete(clientId);
    this.#sessions.add(clientId);
    if (this.#sessions.size <= LIMITS.sessions) return;
    const oldest = [...this.#sessions].find((id) => !this.#options.isConnected(id));
    if (oldest === undefined) return;
    this.#options.complain(
      `the embedded broker keeps the sessions of ${LIMITS.sessions.toString()} clients, and forgets that of ${quote(oldest)}`,
    );
    this.#memory.cleanSubscriptions({ id: oldest }, () => undefined);
    this.#forget(oldest);
  }

  #forget(clientId: string): void {
    this.#sessions.delete(clientId);
    this.#queues.forget(clientId);
  }
}
