import type { Enforcer } from '../enforce/enforcer.js';
import type { Audience } from '../enforce/telling.js';
import { TopicResolver } from '../message/topic-resolver.js';
import type { Binding } from '../message/topic.js';
import type { SteadyClock } from '../system/clock.js';
import type { Acknowledgements, TransportMessage } from '../transport/transport.js';
import type { SetName } from '../words/names.js';
import { ListQueue } from './list-queue.js';
import type { NodeEvents } from './node-events.js';
import type { OwnStamps } from './own-stamps.js';
import { receiveMessages } from './receive-messages.js';

const RECEIVED_EVERY_MS = 60_000;

export interface ReceivingOptions {
  /** undefined: nothing is enforced here, and messages are only read. */
  readonly enforcer: Enforcer | undefined;
  readonly events: NodeEvents;
  readonly clock: SteadyClock;
  readonly stamps: OwnStamps;
  readonly audience: Audience;
  /** Who hears of the entries of a set. */
  readonly audienceOf: (set: SetName) => Audience;
  /** Takes what nodes say to each other. */
  readonly isForNodes: (message: TransportMessage) => boolean;
}

/** What comes from the broker, on its way to the enforcer. */
export class Receiving {
  readonly #options: ReceivingOptions;
  readonly #lists: ListQueue | undefined;
  #resolver: TopicResolver;
  #saidAhead = false;
  /** By topic: when it was last told that something came. */
  readonly #toldMs = new Map<string, number>();

  constructor(options: ReceivingOptions, topics: readonly Binding[]) {
    this.#options = options;
    this.#lists = options.enforcer && new ListQueue(options.enforcer);
    this.#resolver = new TopicResolver(topics);
  }

  reconfigure(topics: readonly Binding[]): void {
    this.#resolver = new TopicResolver(topics);
  }

  /** What waits to be taken in. */
  get waiting(): { readonly messages: number; readonly bytes: number } {
    return this.#lists?.length ?? { messages: 0, bytes: 0 };
  }

  async receive(messages: readonly TransportMessage[]): Promise<Acknowledgements> {
    const { isForNodes, clock, stamps, audience, audienceOf, enforcer } = this.#options;
    const { entries, lists, cutStamps, live } = receiveMessages(
      messages,
      isForNodes,
      this.#resolver,
      clock,
      stamps,
      audience,
      audienceOf,
    );
    for (const topic of live) this.#tell(topic);
    if (cutStamps > 0) this.#sayAhead();
    if (enforcer === undefined || this.#lists === undefined) return [];
    const conditions = [...(await enforcer.submit(entries).kept)];
    for (const list of lists) conditions[list.messageIndex] = this.#lists.add(list);
    await this.#lists.room();
    return conditions;
  }

  async stop(): Promise<void> {
    await this.#lists?.stop();
  }

  #tell(topic: string): void {
    const nowMs = this.#options.clock.nowMs();
    const toldMs = this.#toldMs.get(topic);
    // A clock that was set back is no reason for silence.
    if (toldMs !== undefined && Math.abs(nowMs - toldMs) < RECEIVED_EVERY_MS) return;
    this.#toldMs.set(topic, nowMs);
    this.#options.events.emit('received', topic);
  }

  #sayAhead(): void {
    if (this.#saidAhead) return;
    this.#saidAhead = true;
    this.#options.events.emit(
      'warning',
      'a message carries a stamp that lies more than a minute ahead of this clock, and is taken as ' +
        'of now: compare the clocks of this machine and of the publisher (said once)',
    );
  }
}
