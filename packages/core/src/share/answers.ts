import { Allowance } from './allowance.js';
import { Answer } from './answer.js';
import type { PullSide } from './pull-side.js';
import type { SyncMessage } from './sync-message.js';
import type { TopicShare } from './topic-share.js';

/** Pulls by others that are answered at a time. */
const MOST_ANSWERS = 16;
/** Of some 12 KiB, to all who ask: more would cost what live bans need. */
const PIECES_A_SECOND = 400;
const PIECES_AT_ONCE = 200;
/** How soon it is looked again whether a piece may be sent. */
const AGAIN_MS = 20;

export interface AnswersContext extends PullSide {
  /** Whether what this node lacks is over. */
  readonly isWhole: () => boolean;
  /** Somebody who has asked is done: what both sides have got by it. */
  readonly finished: (topic: TopicShare, peer: string, taken: number, given: number) => void;
}

/** The pulls of other nodes that this one answers: a bounded number, one of each node. */
export class Answers {
  readonly #context: AnswersContext;
  readonly #running = new Map<string, Answer>();
  readonly #questions: Allowance;
  readonly #refusals: Allowance;
  readonly #pieces: Allowance;

  constructor(context: AnswersContext) {
    this.#context = context;
    this.#questions = new Allowance(context.clock, 100, 200);
    this.#refusals = new Allowance(context.clock, 500, 1_000);
    this.#pieces = new Allowance(context.clock, PIECES_A_SECOND, PIECES_AT_ONCE);
  }

  /** @returns false where the message belongs to no pull that is being answered */
  receive(message: SyncMessage): boolean {
    const answer = this.#running.get(message.from);
    if (answer?.id !== message.id) return false;
    answer.receive(message);
    return true;
  }

  /** A pull begins. @param refuses whoever asks is to come back later */
  begin(
    topic: TopicShare,
    message: SyncMessage & { readonly kind: 'compare' },
    refuses: boolean,
  ): void {
    const { from } = message;
    const before = this.#running.get(from);
    const isFull = before === undefined && this.#running.size >= MOST_ANSWERS;
    if (isFull || refuses || !this.#questions.take()) {
      this.#refuse(message);
      return;
    }
    before?.close();
    const answer = this.#make(topic, message);
    this.#running.set(from, answer);
    answer.receive(message);
  }

  close(): void {
    for (const answer of [...this.#running.values()]) answer.close();
  }

  #make(topic: TopicShare, { from, topic: name, id }: SyncMessage): Answer {
    const { ledger, clock, isWhole, send, accept, complainOf, finished } = this.#context;
    let taken = 0;
    let given = 0;
    const answer: Answer = new Answer(from, id, topic.set, {
      ...{ ledger, clock, isWhole },
      untilPieceMs: () => (this.#pieces.take() ? 0 : AGAIN_MS),
      send: (body) => {
        if (body.kind === 'piece') given += body.columns.kinds.length;
        send(from, name, id, body);
      },
      accept: (columns, then) => {
        accept(topic, from, columns, () => {
          taken += columns.length;
          then();
        });
      },
      complain: (kind, what) => {
        complainOf(from, kind, what);
      },
      finished: () => {
        if (this.#running.get(from) === answer) this.#running.delete(from);
        finished(topic, from, taken, given);
      },
    });
    return answer;
  }

  #refuse({ from, topic, id }: SyncMessage): void {
    const { send, complain } = this.#context;
    if (this.#refusals.take()) send(from, topic, id, { kind: 'busy' });
    else complain('questions', 'more nodes ask than this one can answer');
  }
}
