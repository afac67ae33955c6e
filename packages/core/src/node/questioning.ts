import { randomBytes } from 'node:crypto';
import { encodeQuestion, replyTopic, type Question } from '../message/question.js';
import { parseReply, type Reply } from '../message/reply.js';
import type { SteadyClock } from '../system/clock.js';
import type { Subscription, Transport, TransportMessage } from '../transport/transport.js';
import { VallumError } from '../words/errors.js';

/** Answers to one question are kept of so many nodes. */
const MOST_REPLIES = 10_000;

export interface QuestioningOptions {
  /** Where answers go: a level of a topic. */
  readonly client: string;
  readonly transport: Transport;
  readonly clock: SteadyClock;
  /** What to subscribe to has changed. */
  readonly resubscribe: () => void;
  /** A node has answered. */
  readonly heard: (node: string) => void;
}

export interface AskOptions {
  /** How long answers are waited for, where there are never enough. */
  readonly timeoutMs: number;
  /** Called with all answers so far after each: true where no more are waited for. */
  readonly isEnough: (replies: ReadonlyMap<string, Reply>) => boolean;
  readonly signal?: AbortSignal;
  /** Called for the first answer of each node: how long it was on its way, from the question on. */
  readonly answered?: (node: string, tookMs: number) => void;
}

interface Open {
  readonly replies: Map<string, Reply>;
  readonly answered: (reply: Reply) => void;
}

/** Asks other nodes on `T/ask`, and gathers what they answer. */
export class Questioning {
  readonly #options: QuestioningOptions;
  readonly #open = new Map<string, Open>();
  readonly #replyTopic: string;
  #isUsed = false;
  #isSubscribed: 'no' | 'yes' | 'refused' = 'no';
  #waiting: (() => void)[] = [];

  constructor(options: QuestioningOptions) {
    this.#options = options;
    this.#replyTopic = replyTopic(options.client);
  }

  /** None before the first question: most programs never ask. */
  get subscriptions(): readonly Subscription[] {
    return this.#isUsed ? [{ filter: this.#replyTopic, qos: 0, retainHandling: 2 }] : [];
  }

  subscribed(filter: string, isGranted: boolean): void {
    if (filter !== this.#replyTopic) return;
    this.#isSubscribed = isGranted ? 'yes' : 'refused';
    for (const go of this.#waiting.splice(0)) go();
  }

  disconnected(): void {
    this.#isSubscribed = 'no';
  }

  /** @returns true where it was an answer, which nobody else is to read */
  receive({ topic, payload }: TransportMessage): boolean {
    if (topic !== this.#replyTopic) return false;
    const reply = parseReply(payload);
    if (!reply.ok) return true;
    const open = this.#open.get(reply.value.id);
    if (open === undefined || open.replies.size >= MOST_REPLIES) return true;
    open.answered(reply.value);
    this.#options.heard(reply.value.from);
    return true;
  }

  /**
   * Asks, and waits for answers until there are enough or the time is over.
   *
   * @returns the answers, by node
   * @throws VallumError `BROKER_REFUSED` where answers may not be read, and what publishing throws
   */
  async ask(
    topic: string,
    question: Omit<Question, 'id' | 'reply'>,
    { timeoutMs, isEnough, signal, answered }: AskOptions,
  ): Promise<ReadonlyMap<string, Reply>> {
    const { transport, clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    if (signal?.aborted === true) throw unreachable(signal);
    await this.#subscribe(deadlineMs);
    const id = randomBytes(8).toString('hex');
    const replies = new Map<string, Reply>();
    const giveUp = new AbortController();
    const askedMs = clock.monotonicMs();
    let cancel: (() => void) | undefined;
    try {
      const enough = new Promise<void>((resolve) => {
        this.#open.set(id, {
          replies,
          answered: (reply) => {
            if (!replies.has(reply.from)) answered?.(reply.from, clock.monotonicMs() - askedMs);
            replies.set(reply.from, reply);
            if (isEnough(replies)) resolve();
          },
        });
        cancel = clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), resolve);
        signal?.addEventListener(
          'abort',
          () => {
            resolve();
          },
          { once: true },
        );
      });
      const payload = encodeQuestion({ ...question, id, reply: this.#replyTopic });
      const asked = transport
        .publish({ topic: `${topic}/ask`, payload }, { signal: giveUp.signal })
        .then(() => 'asked' as const);
      const first = await Promise.race([enough, asked]);
      // Without a broker it would wait for one for ever.
      if (first !== 'asked' && replies.size === 0) throw unreachable(signal);
      await enough;
      return replies;
    } finally {
      cancel?.();
      giveUp.abort();
      this.#open.delete(id);
    }
  }

  async #subscribe(deadlineMs: number): Promise<void> {
    if (!this.#isUsed) {
      this.#isUsed = true;
      this.#options.resubscribe();
    }
    if (this.#isSubscribed === 'no') {
      const { clock } = this.#options;
      await new Promise<void>((resolve) => {
        this.#waiting.push(resolve);
        clock.after(Math.max(0, deadlineMs - clock.monotonicMs()), resolve);
      });
    }
    if (this.#isSubscribed !== 'refused') return;
    throw new VallumError(
      `the broker does not let this client read ${this.#replyTopic}, where nodes answer`,
      { code: 'BROKER_REFUSED', operation: 'ask other nodes' },
    );
  }
}

function unreachable(signal: AbortSignal | undefined): VallumError {
  const isGivenUp = signal?.aborted === true;
  return new VallumError(
    isGivenUp
      ? 'it was given up before it was asked'
      : 'the broker has not taken the question in time',
    {
      code: isGivenUp ? 'ABORTED' : 'BROKER_UNREACHABLE',
      operation: 'ask other nodes',
      ...(isGivenUp ? { cause: signal.reason } : {}),
    },
  );
}
