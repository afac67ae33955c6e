import type {
  Acknowledgements,
  TransportHandlers,
  TransportMessage,
} from '../transport/transport.js';
import { filterMatches } from '../transport/topic-filter.js';
import type { WholeSubscription } from './memory-transport.js';

interface QueuedMessage {
  readonly message: TransportMessage;
  readonly qos: 0 | 1;
}

/** One connection of a session. Ends once; a session gets a new one each time. */
interface Link {
  readonly handlers: TransportHandlers;
  /** Handed over on this connection, and not to be handed over on it again. */
  readonly sent: Set<QueuedMessage>;
  /** Those of them that are not confirmed yet. */
  unconfirmed: number;
  delivering: boolean;
}

/** Messages that are sent ahead of their confirmations, as Mosquitto does by default. */
const MOST_IN_FLIGHT = 20;

/** What a broker keeps of one client: its subscriptions and what it has not confirmed. */
export class BrokerSession {
  readonly subscriptions = new Map<string, WholeSubscription>();
  #queue: QueuedMessage[] = [];
  #link: Link | undefined;

  get connected(): boolean {
    return this.#link !== undefined;
  }

  /** True while a message is with the client, or on its way. */
  get busy(): boolean {
    return this.#link?.delivering === true;
  }

  get queued(): number {
    return this.#queue.length;
  }

  /** What was handed over before and not confirmed comes again, first and in its order. */
  connect(handlers: TransportHandlers): void {
    this.#link = { handlers, sent: new Set(), unconfirmed: 0, delivering: false };
    this.#deliver(this.#link);
  }

  disconnect(): TransportHandlers | undefined {
    const handlers = this.#link?.handlers;
    this.#link = undefined;
    this.#queue = this.#queue.filter(({ qos }) => qos > 0);
    return handlers;
  }

  /** @returns the highest QoS at which a message is delivered; undefined where it is not wanted */
  wants(topic: string, own: boolean): 0 | 1 | undefined {
    const matching = [...this.subscriptions.values()].filter(
      ({ filter, noLocal }) => filterMatches(filter, topic) && !(own && noLocal),
    );
    if (matching.length === 0) return undefined;
    return matching.some(({ qos }) => qos === 1) ? 1 : 0;
  }

  enqueue(message: TransportMessage, qos: 0 | 1): void {
    if (qos === 0 && this.#link === undefined) return;
    this.#queue.push({ message, qos });
    if (this.#link !== undefined) this.#deliver(this.#link);
  }

  #deliver(link: Link): void {
    if (link.delivering) return;
    link.delivering = true;
    // Never in the caller's own turn: a network does not answer at once.
    setImmediate(() => void this.#pump(link));
  }

  async #pump(link: Link): Promise<void> {
    for (let next = this.#next(link); next !== undefined; next = this.#next(link)) {
      link.sent.add(next);
      link.unconfirmed += 1;
      const later = await hand(next.message, link.handlers);
      const condition = later[0];
      if (condition === undefined) this.#confirm(link, next);
      else void this.#confirmLater(link, next, condition);
    }
    link.delivering = false;
  }

  async #confirmLater(link: Link, queued: QueuedMessage, condition: Promise<void>): Promise<void> {
    try {
      await condition;
    } catch (error) {
      warnOf(queued.message, link.handlers, error);
    }
    this.#confirm(link, queued);
    if (this.#link === link) this.#deliver(link);
  }

  /** A confirmation on a connection that has ended does not arrive. */
  #confirm(link: Link, queued: QueuedMessage): void {
    link.unconfirmed -= 1;
    if (this.#link === link) this.#remove(queued);
  }

  #next(link: Link): QueuedMessage | undefined {
    if (this.#link !== link || link.unconfirmed >= MOST_IN_FLIGHT) return undefined;
    return this.#queue.find((queued) => !link.sent.has(queued));
  }

  #remove(done: QueuedMessage): void {
    this.#queue = this.#queue.filter((queued) => queued !== done);
  }
}

/** A message whose handler rejects counts as confirmed, as `TransportHandlers` says. */
async function hand(
  message: TransportMessage,
  handlers: TransportHandlers,
): Promise<Acknowledgements> {
  try {
    if (handlers.messages) return await handlers.messages([message]);
    await handlers.message(message);
    return [];
  } catch (error) {
    warnOf(message, handlers, error);
    return [];
  }
}

function warnOf(message: TransportMessage, handlers: TransportHandlers, error: unknown): void {
  handlers.warning?.(`the handler of a message on ${message.topic} failed: ${String(error)}`);
}
