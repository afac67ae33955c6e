import { randomBytes } from 'node:crypto';
import type { Enforcer } from '../enforce/enforcer.js';
import type { Audience } from '../enforce/telling.js';
import type { LedgerStore } from '../journal/store.js';
import type { Binding } from '../message/topic.js';
import type { ShareStatus } from '../share/share-types.js';
import type { SteadyClock } from '../system/clock.js';
import type { Subscription, Transport, TransportMessage } from '../transport/transport.js';
import { VallumError } from '../words/errors.js';
import { isNodeName, type SetName } from '../words/names.js';
import { Answering } from './answering.js';
import type { NodeEvents } from './node-events.js';
import { Questioning } from './questioning.js';
import { Sharing } from './sharing.js';
import type { VallumOptions } from './vallum-types.js';

export interface OtherNodesOptions {
  readonly options: Pick<VallumOptions, 'answers' | 'asks' | 'repair' | 'rememberSeconds'>;
  readonly transport: Transport;
  /** undefined: this one only publishes, and has nothing to share. */
  readonly enforcer: Enforcer | undefined;
  readonly store: LedgerStore;
  readonly clock: SteadyClock;
  readonly events: NodeEvents;
  /** What is compared with others, and what they are answered about. */
  readonly bindings: () => readonly Binding[];
  readonly audienceOf: (set: SetName) => Audience;
  /** See `SharingOptions.apart`. */
  readonly apart: { readonly topic: string; readonly sent: () => void } | undefined;
  /** Another node has been heard that has this one's name. */
  readonly twin: () => void;
  /** Whether it is worth telling that what is said on a topic comes back, or does not. */
  readonly isEchoNews: (topic: string) => boolean;
  /** What it says of itself where nothing else was given. */
  readonly describe: () => Readonly<Record<string, unknown>>;
  /** How the ledger stands to those of others may have changed. */
  readonly booksChanged: () => void;
  /** What to subscribe to has changed. */
  readonly resubscribe: () => void;
}

/** All that a node has to do with others: it shares its ledger with them, answers them, and asks them. */
export class OtherNodes {
  readonly questioning: Questioning;
  readonly #sharing: Sharing | undefined;
  readonly #answering: Answering | undefined;

  constructor(wanted: OtherNodesOptions) {
    const { options, transport, clock, resubscribe, enforcer } = wanted;
    const { answers, repair, asks } = options;
    if (asks !== undefined && !isNodeName(asks.client)) {
      throw new VallumError('asks.client has to be a level of a topic, 1 to 128 characters', {
        code: 'INVALID_ARGUMENT',
        operation: 'createVallum',
      });
    }
    const client =
      asks?.client ?? answers?.node ?? repair?.node ?? `vallum-${randomBytes(6).toString('hex')}`;
    const heard = (node: string) => {
      wanted.events.emit('heard', node);
    };
    this.questioning = new Questioning({ client, transport, clock, resubscribe, heard });
    if (enforcer === undefined) return;
    this.#sharing = makeSharing(wanted, enforcer);
    this.#answering = makeAnswering(wanted, enforcer);
  }

  /** What to subscribe to beside the topics themselves. */
  get subscriptions(): readonly Subscription[] {
    return [...(this.#sharing?.subscriptions ?? []), ...this.questioning.subscriptions];
  }

  get lagMs(): number | undefined {
    return this.#sharing?.lagMs;
  }

  status(): ShareStatus[] {
    return this.#sharing?.status() ?? [];
  }

  /** See `Share.isHeard`. */
  isHeard(topic: string): boolean | undefined {
    return this.#sharing?.isHeard(topic);
  }

  /** @returns true where the message was one between nodes, which nobody else is to read */
  receive(message: TransportMessage): boolean {
    return (
      this.#sharing?.receive(message) === true ||
      this.#answering?.receive(message) === true ||
      this.questioning.receive(message)
    );
  }

  /** @param filters all that is subscribed to */
  connected(filters: readonly (string | Subscription)[]): void {
    this.#sharing?.connected(filters);
    this.#answering?.connected();
  }

  disconnected(): void {
    this.#sharing?.disconnected();
    this.#answering?.disconnected();
    this.questioning.disconnected();
  }

  subscribed(filter: string, isGranted: boolean): void {
    this.#sharing?.subscribed(filter, isGranted);
    this.questioning.subscribed(filter, isGranted);
  }

  /** The ledger has taken something. */
  changed(set: SetName): void {
    this.#sharing?.changed(set);
  }

  announce(): void {
    this.#sharing?.announce();
  }

  clockStepped(): void {
    this.#sharing?.clockStepped();
  }

  reconfigure(topics: readonly Binding[]): void {
    this.#sharing?.reconfigure(topics);
  }

  close(): void {
    this.#sharing?.close();
    this.#answering?.close();
  }
}

function makeSharing(
  { options, transport, store, clock, audienceOf, apart, events, ...rest }: OtherNodesOptions,
  enforcer: Enforcer,
): Sharing | undefined {
  const { repair, rememberSeconds } = options;
  if (repair === undefined) return undefined;
  return new Sharing({
    ...{ ...repair, enforcer, transport, rememberSeconds, store, clock, audience: audienceOf },
    ...(apart === undefined ? {} : { apart }),
    topics: rest.bindings(),
    warn: (sentence) => {
      events.emit('warning', sentence);
    },
    inform: (sentence) => {
      events.emit('notice', sentence);
      rest.booksChanged();
    },
    heard: (node) => {
      events.emit('heard', node);
    },
    twin: rest.twin,
    echo: (topic, isHeard) => {
      if (rest.isEchoNews(topic)) events.emit('echo', topic, isHeard ? 'heard' : 'unheard');
      rest.booksChanged();
    },
    permitted: (isPermitted) => {
      events.emit('repair', isPermitted ? 'speaking' : 'silent');
    },
    resubscribe: rest.resubscribe,
  });
}

function makeAnswering(
  { options, transport, clock, events, bindings, describe }: OtherNodesOptions,
  enforcer: Enforcer,
): Answering | undefined {
  const { answers } = options;
  if (answers === undefined) return undefined;
  return new Answering({
    ...{
      node: answers.node,
      enforces: answers.enforces ?? true,
      enforcer,
      transport,
      clock,
      bindings,
    },
    describe: answers.describe ?? describe,
    warn: (sentence) => {
      events.emit('warning', sentence);
    },
  });
}
