import { randomBytes } from 'node:crypto';
import type {
  ConnectionState,
  OutgoingMessage,
  PublishOptions,
  Transport,
  TransportHandlers,
  TransportMessage,
} from '@vallum/core';
import {
  encodeQuestion,
  parseReply,
  replyTopic,
  type Question,
  type Reply,
} from '@vallum/core/protocol';
import { asVallumError } from '../vallum-error.js';
import type { Interruption } from '../interruption.js';
import { readNodeStatus, STATUS_FILTER, type NodeStatus } from './node-status.js';

/** Brokers answer a subscription at once; a ban does not wait longer for one that does not. */
const READY_WITHIN_MS = 2_000;
/** Brokers show kept statuses one after another, some no more than 1,000 a second: after such a gap no more come. */
const SHOWN_GAP_MS = 200;
/** Nodes that are kept apart, whatever is sent in their names. */
const MOST_NODES = 10_000;

/** What one node has answered. */
export interface Answer {
  readonly reply: Reply;
  /** As `performance.now()` says it. */
  readonly atMs: number;
  /** Another answer of other content came in its name: one of the two lies. */
  readonly isDoubtful: boolean;
}
export type Answers = ReadonlyMap<string, Answer>;

export type Asked =
  | { readonly kind: 'asked'; readonly answers: Answers }
  /** The broker does not let this client ask, or does not let it hear the answers. */
  | { readonly kind: 'forbidden'; readonly detail: string }
  | { readonly kind: 'failed'; readonly detail: string };

export interface AskTerms {
  readonly timeoutMs: number;
  /** Called after each answer, and by `look`: true where no more are waited for. */
  readonly isEnough: (answers: Answers) => boolean;
  readonly signal?: Interruption;
}

interface Open {
  readonly kind: Question['kind'];
  readonly answers: Map<string, Answer>;
  readonly look: () => void;
  readonly fail: (asked: Asked) => void;
  isTaken: boolean;
}

/**
 * A connection that publishes as before, and by which nodes can be asked: it listens where they answer, and
 * to their statuses where the broker shows them. Nothing is published before the broker has answered the
 * subscriptions, so that no answer is missed; a broker that ends the connection for them is asked for less
 * the next time, and for nothing the time after that.
 */
export class AskingTransport implements Transport {
  /** Of every node that the broker has shown, by name. */
  readonly statuses = new Map<string, NodeStatus>();
  /** When the first message was handed over, as `performance.now()` says it. */
  startedMs: number | undefined;
  readonly #inner: Transport;
  readonly #replyTopic: string;
  readonly #open = new Map<string, Open>();
  readonly #ready: Promise<void>;
  #becomeReady: () => void = () => undefined;
  #stillShowing: NodeJS.Timeout | undefined;
  #isReady = false;
  #isConnected = false;
  #filters: string[];
  #refused: string | undefined;

  constructor(inner: Transport, client: string) {
    this.#inner = inner;
    this.#replyTopic = replyTopic(client);
    this.#filters = [this.#replyTopic, STATUS_FILTER];
    this.#ready = new Promise((resolve) => {
      this.#becomeReady = resolve;
    });
  }

  open(handlers: TransportHandlers): void {
    this.#subscribe();
    this.#inner.open({
      ...handlers,
      message: async (message) => {
        this.#hear(message);
        await handlers.message(message);
      },
      connection: (state) => {
        this.#noteConnection(state);
        handlers.connection(state);
      },
      subscription: (filter, outcome) => {
        if (filter !== this.#replyTopic) return;
        this.#refused = outcome === 'granted' ? undefined : outcome.refused;
        this.#settle();
      },
    });
  }

  subscribe(): void {
    throw new Error('what this connection listens to is its own matter');
  }

  async publish(message: OutgoingMessage, options?: PublishOptions): Promise<void> {
    await this.#ready;
    this.startedMs ??= performance.now();
    return this.#inner.publish(message, options);
  }

  /** The statuses of nodes come in, one after another: there may be more nodes than are known yet. */
  get isShowing(): boolean {
    return this.#stillShowing !== undefined;
  }

  close(): Promise<void> {
    clearTimeout(this.#stillShowing);
    return this.#inner.close();
  }

  /** Asks all nodes that listen to the topic prefix. */
  async ask(
    topic: string,
    question: Omit<Question, 'id' | 'reply'>,
    { timeoutMs, isEnough, signal }: AskTerms,
  ): Promise<Asked> {
    await this.#ready;
    if (this.#refused !== undefined) return this.#deaf(this.#refused);
    const id = randomBytes(8).toString('hex');
    const answers = new Map<string, Answer>();
    let timer: NodeJS.Timeout | undefined;
    let stop: () => void = () => undefined;
    const giveUp = new AbortController();
    try {
      return await new Promise<Asked>((resolve) => {
        stop = () => {
          resolve({ kind: 'asked', answers });
        };
        const open: Open = {
          ...{ kind: question.kind, answers, fail: resolve, isTaken: false },
          look: () => {
            if (isEnough(answers)) stop();
          },
        };
        this.#open.set(id, open);
        timer = setTimeout(stop, timeoutMs);
        signal?.addEventListener('abort', stop);
        if (signal?.aborted === true) stop();
        const payload = encodeQuestion({ ...question, id, reply: this.#replyTopic });
        this.#inner.publish({ topic: `${topic}/ask`, payload }, { signal: giveUp.signal }).then(
          () => {
            open.isTaken = true;
          },
          (error: unknown) => {
            resolve(failed(error));
          },
        );
      });
    } finally {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
      this.#open.delete(id);
      giveUp.abort();
    }
  }

  /** Something else than an answer may make what is open enough. */
  look(): void {
    for (const open of [...this.#open.values()]) open.look();
  }

  #subscribe(): void {
    this.#inner.subscribe(
      this.#filters.map((filter) => ({
        filter,
        qos: 0 as const,
        retainHandling: filter === STATUS_FILTER ? (0 as const) : (2 as const),
      })),
    );
  }

  #noteConnection({ state }: ConnectionState): void {
    if (state === 'connected') {
      this.#isConnected = true;
      setTimeout(() => {
        this.#settle();
      }, READY_WITHIN_MS).unref();
      return;
    }
    if (!this.#isConnected) return;
    this.#isConnected = false;
    if (!this.#isReady) {
      this.#filters.pop();
      this.#subscribe();
      if (this.#filters.length > 0) return;
      this.#refused = 'it ends the connection';
      this.#settle();
      return;
    }
    const detail =
      'the broker ended the connection in place of an answer, as some do with who may not ask';
    for (const { isTaken, fail } of [...this.#open.values()]) {
      if (!isTaken) fail({ kind: 'forbidden', detail });
    }
  }

  #settle(): void {
    this.#isReady = true;
    this.#becomeReady();
  }

  #deaf(detail: string): Asked {
    return {
      kind: 'forbidden',
      detail: `the broker does not let this client read ${this.#replyTopic}, where nodes answer: ${detail}`,
    };
  }

  #hear(message: TransportMessage): void {
    if (message.topic === this.#replyTopic) {
      this.#hearReply(message);
      return;
    }
    const status = readNodeStatus(message);
    if (status === undefined) return;
    const isNew = !this.statuses.has(status.node);
    if (isNew && this.statuses.size >= MOST_NODES) return;
    this.statuses.set(status.node, status);
    if (isNew) this.#showOn();
    this.look();
  }

  #showOn(): void {
    clearTimeout(this.#stillShowing);
    this.#stillShowing = setTimeout(() => {
      this.#stillShowing = undefined;
      this.look();
    }, SHOWN_GAP_MS).unref();
  }

  #hearReply({ payload }: TransportMessage): void {
    const read = parseReply(payload);
    if (!read.ok) return;
    const reply = read.value;
    const open = this.#open.get(reply.id);
    if (open?.kind !== reply.kind) return;
    const before = open.answers.get(reply.from);
    if (before === undefined && open.answers.size >= MOST_NODES) return;
    if (before === undefined) open.answers.set(reply.from, answerNow(reply));
    else if (JSON.stringify(before.reply) !== JSON.stringify(reply)) {
      open.answers.set(reply.from, { ...before, isDoubtful: true });
    }
    open.look();
  }
}

function answerNow(reply: Reply): Answer {
  return { reply, atMs: performance.now(), isDoubtful: false };
}

function failed(error: unknown): Asked {
  const detail = error instanceof Error ? error.message : String(error);
  return asVallumError(error)?.code === 'BROKER_REFUSED'
    ? { kind: 'forbidden', detail }
    : { kind: 'failed', detail };
}
