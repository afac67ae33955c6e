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
}

export interface AskOptions {
  /** How long answers are waited for, where there are never enough. */
  readonly timeoutMs: number;
  /** Called with all answers so far after each: true where no more are waited for. */
  readonly isEnough: (replies: ReadonlyMap<string, Reply>) => boolean;
  readonly signal?: AbortSignal;
}

interface Open {
  readonly replies: Map<string, Reply>;
  readonly answered: () => void;
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
    open.replies.set(reply.value.from, reply.value);
    open.answered();
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
    { timeoutMs, isEnough, signal }: AskOptions,
  ): Promise<ReadonlyMap<string, Reply>> {
    const { transport, clock } = this.#options;
    const deadlineMs = clock.monotonicMs() + timeoutMs;
    await this.#subscribe(deadlineMs);
    const id = randomBytes(8).toString('hex');
    const replies = new Map<string, Reply>();
    let cancel: (() => void) | undefined;
    try {
      const enough = new Promise<void>((resolve) => {
        this.#open.set(id, {
          replies,
          answered: () => {
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
      await transport.publish({ topic: `${topic}/ask`, payload }, signal ? { signal } : {});
      await enough;
      return replies;
    } finally {
      cancel?.();
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
