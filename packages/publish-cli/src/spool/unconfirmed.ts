import { soonEnough } from '../soon-enough.js';

/**
 * Lets messages through and remembers those that have not been confirmed, so that all that is open can
 * be had when the sending ended early: those, and what has not been read by then.
 */
export class Unconfirmed<Message> {
  readonly #iterator: AsyncIterator<Message, unknown>;
  readonly #open = new Set<Message>();
  /** The one that is under way. */
  #step: Promise<IteratorResult<Message, unknown>> | undefined;

  constructor(messages: AsyncIterable<Message>) {
    this.#iterator = messages[Symbol.asyncIterator]();
  }

  /** Its end ends nothing behind it. */
  get messages(): AsyncIterable<Message> {
    return { [Symbol.asyncIterator]: () => ({ next: () => this.#next() }) };
  }

  confirm(message: Message): void {
    this.#open.delete(message);
  }

  /**
   * What is open, in order; then what the input still brings. Returns `idle` where the input makes one
   * wait longer than that, and may bring more.
   */
  async *rest(idleMs: number): AsyncGenerator<Message, 'all' | 'idle'> {
    yield* [...this.#open];
    for (;;) {
      const step = await soonEnough(this.#next(), idleMs);
      if (step === 'idle') return 'idle';
      if (step.done === true) return 'all';
      this.#open.delete(step.value);
      yield step.value;
    }
  }

  /** Ends the input behind it. Not waited for: it may be a terminal where nobody types. */
  close(): void {
    void this.#iterator.return?.().catch(() => undefined);
  }

  /** Who asks while somebody waits already gets the same: the sending may still be waiting. */
  #next(): Promise<IteratorResult<Message, unknown>> {
    this.#step ??= this.#iterator.next().then((step) => {
      this.#step = undefined;
      if (step.done !== true) this.#open.add(step.value);
      return step;
    });
    return this.#step;
  }
}
