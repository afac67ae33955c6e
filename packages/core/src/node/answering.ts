import type { Address } from '../address/address.js';
import type { AskedState } from '../enforce/asked-state.js';
import type { Enforcer } from '../enforce/enforcer.js';
import type { Binding } from '../message/topic.js';
import { parseQuestion, type Question } from '../message/question.js';
import {
  encodeReply,
  MOST_EXCEPTIONS,
  MOST_REPLY_BYTES,
  type CountReply,
  type Reply,
  type ReplyException,
  type StatusReply,
} from '../message/reply.js';
import { Allowance } from '../share/allowance.js';
import { Complaints } from '../share/complaints.js';
import type { SteadyClock } from '../system/clock.js';
import type { Transport, TransportMessage } from '../transport/transport.js';
import { boundSets } from './read-bindings.js';
import { LeaseLists } from './lease-lists.js';
import { SharePermission } from './share-permission.js';
import { whyReply } from './why-reply.js';

/** Questions that are answered, of all who ask. */
const PER_SECOND = 50;
const AT_ONCE = 200;
/** Questions that wait for their answer to become true. */
const MOST_WAITING = 256;
const FIRST_PAUSE_MS = 1;
const LONGEST_PAUSE_MS = 50;

const FORBIDDEN =
  'the broker ends the connection whenever this node answers a question on vallumd/reply/<client>: it ' +
  'answers none for ten minutes. Let it write vallumd/reply/+, and nobody asks in vain';

export interface AnsweringOptions {
  /** This node's name. */
  readonly node: string;
  /** Its sets are the kernel's. */
  readonly enforces: boolean;
  readonly enforcer: Enforcer;
  readonly transport: Transport;
  readonly clock: SteadyClock;
  readonly bindings: () => readonly Binding[];
  /** What it says of itself. */
  readonly describe: () => StatusReply['status'];
  readonly warn: (sentence: string) => void;
}

/** Answers what others ask on `T/ask`, at a bounded rate, and only to `vallumd/reply/<client>`. */
export class Answering {
  readonly #options: AnsweringOptions;
  readonly #allowance: Allowance;
  readonly #complaints: Complaints;
  readonly #permission: SharePermission;
  readonly #leaseLists: LeaseLists;
  #isConnected = false;
  #waiting = 0;
  #explaining: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: AnsweringOptions) {
    this.#options = options;
    this.#allowance = new Allowance(options.clock, PER_SECOND, AT_ONCE);
    this.#complaints = new Complaints(options.clock, options.warn);
    this.#permission = new SharePermission(options.clock, (isGiven) => {
      if (!isGiven) options.warn(FORBIDDEN);
    });
    this.#leaseLists = new LeaseLists(options.enforcer, options.clock);
  }

  connected(): void {
    this.#isConnected = true;
    this.#permission.connected();
  }

  disconnected(): void {
    this.#isConnected = false;
    this.#permission.disconnected(false);
  }

  /** @returns true where it was a question, which nobody else is to read */
  receive({ topic, payload, retained }: TransportMessage): boolean {
    if (!topic.endsWith('/ask')) return false;
    const prefix = topic.slice(0, -'/ask'.length);
    const bound = this.#options.bindings().filter((binding) => binding.topic === prefix);
    if (bound.length === 0) return false;
    // One that the broker keeps was asked long ago.
    if (retained || !this.#permission.isGiven) return true;
    const question = parseQuestion(payload);
    if (!question.ok) {
      this.#complaints.say(
        'question',
        `a question on ${prefix}/ask cannot be read: ${question.detail}`,
      );
      return true;
    }
    if (!this.#allowance.take() || this.#waiting >= MOST_WAITING) {
      const sentence = `more is asked on ${prefix}/ask than this node answers (${String(PER_SECOND)} a second)`;
      this.#complaints.say('too many questions', sentence);
      return true;
    }
    const { node = this.#options.node } = question.value;
    if (node === this.#options.node) void this.#answer(question.value, bound);
    return true;
  }

  close(): void {
    this.#isClosed = true;
    this.#permission.close();
    this.#leaseLists.close();
  }

  async #answer(question: Question, bound: readonly Binding[]): Promise<void> {
    this.#waiting += 1;
    try {
      const { id } = question;
      const { node, enforces } = this.#options;
      const head = { id, from: node, ...(enforces ? {} : { enforces: false as const }) };
      const body = await this.#body(question, bound);
      if (!this.#isClosed) this.#send(question.reply, { ...head, ...body });
    } finally {
      this.#waiting -= 1;
    }
  }

  async #body(question: Question, bound: readonly Binding[]) {
    const { kind } = question;
    if (kind === 'status') return { kind, status: this.#options.describe() };
    if (kind === 'leases') {
      const sets = boundSets(bound);
      return this.#inTurn(() => this.#leaseLists.reply(question, sets));
    }
    return kind === 'why' ? this.#why(question, bound) : this.#count(question, kind, bound);
  }

  #why({ addresses: [address] }: Question, bound: readonly Binding[]) {
    return this.#inTurn(() => whyReply(this.#options.enforcer, address, boundSets(bound)));
  }

  /** One after another: a prefix, or an origin, takes a look at every ban. */
  async #inTurn<Body>(look: () => Promise<Body>): Promise<Body> {
    const looked = this.#explaining.then(look);
    this.#explaining = looked.then(
      () => undefined,
      () => undefined,
    );
    return looked;
  }

  async #count(
    question: Question,
    kind: CountReply['kind'],
    bound: readonly Binding[],
  ): Promise<CountReply> {
    const { clock } = this.#options;
    const untilMs = clock.monotonicMs() + question.waitMs;
    for (let pauseMs = FIRST_PAUSE_MS; ; pauseMs = Math.min(2 * pauseMs, LONGEST_PAUSE_MS)) {
      const { reply, isOpen } = this.#countNow(question, kind, bound);
      const leftMs = untilMs - clock.monotonicMs();
      if (!isOpen || leftMs <= 0 || this.#isClosed) return reply;
      await new Promise<void>((resolve) => {
        clock.after(Math.min(pauseMs, leftMs), resolve);
      });
    }
  }

  /** `isOpen`: time may change it. */
  #countNow(
    { addresses, origin, stampMs }: Question,
    kind: CountReply['kind'],
    bound: readonly Binding[],
  ): { reply: CountReply; isOpen: boolean } {
    const { enforcer } = this.#options;
    const asked = {
      ...(origin === undefined ? {} : { origin }),
      ...(stampMs === undefined ? {} : { stampMs }),
    };
    let count = 0;
    let isOpen = false;
    const exceptions: ReplyException[] = [];
    const sets = boundSets(bound);
    for (const address of addresses) {
      const states = sets.map((set) => enforcer.askedState(kind, set, address, asked));
      const worst = states.find(({ state }) => state !== 'done');
      if (worst === undefined || worst.state === 'done') {
        count += 1;
        continue;
      }
      if (worst.state !== 'refused') isOpen = true;
      if (exceptions.length < MOST_EXCEPTIONS) exceptions.push(exceptionOf(address, worst));
    }
    return { reply: { kind, count, exceptions }, isOpen };
  }

  #send(topic: string, reply: Reply): void {
    const payload = encodeReply(reply);
    if (Buffer.byteLength(payload) > MOST_REPLY_BYTES) {
      this.#complaints.say(
        'answer too long',
        `the answer to a question (${reply.kind}) is longer than ${String(MOST_REPLY_BYTES / 1024)} KiB: nobody ` +
          'would read it, so it is not sent, and to whoever asked this node seems silent',
      );
      return;
    }
    // Later nobody waits for it any more.
    if (!this.#isConnected || !this.#permission.isGiven) return;
    this.#permission.sent();
    // Who asked has gone away, or asks again.
    this.#options.transport.publish({ topic, payload, qos: 0 }).catch(() => undefined);
  }
}

function exceptionOf(
  address: Address,
  state: Exclude<AskedState, { state: 'done' }>,
): ReplyException {
  return { address: address.text, ...state };
}
