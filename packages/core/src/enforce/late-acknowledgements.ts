import type { Journal } from '../journal/journal.js';
import type { PlacedColumns } from '../message/entry-columns.js';

/**
 * Mosquitto sends so many messages ahead of their acknowledgements by default: with as many open, none
 * comes any more.
 */
const MOST_IN_FLIGHT = 20;

/** What a message waits for before it may be acknowledged; by the index of the message. */
export type Conditions = readonly (Promise<void> | undefined)[];

/** A part of what some messages ask for, and what has to happen before it is safe. */
export interface Awaited {
  readonly batch: PlacedColumns;
  readonly condition: Promise<void>;
}

/** Messages that were taken and that a crash would lose: they are acknowledged later, or never. */
export class LateAcknowledgements {
  #whole: { readonly promise: Promise<void>; readonly resolve: () => void } | undefined;
  #open = 0;
  #said = false;

  constructor(
    private readonly journal: Journal,
    private readonly warn: (sentence: string) => void,
  ) {}

  /** Resolves once the journal has it all again. */
  get whole(): Promise<void> {
    if (this.#whole === undefined) {
      let resolve = (): void => undefined;
      const promise = new Promise<void>((done) => (resolve = done));
      this.#whole = { promise, resolve };
    }
    return this.#whole.promise;
  }

  /** The journal was written: what waited for it may be acknowledged where it is whole. */
  journalWritten(): void {
    if (!this.journal.durable) return;
    this.#whole?.resolve();
    this.#whole = undefined;
  }

  /** Joins what each message waits for. */
  of(awaited: readonly Awaited[]): Conditions {
    const byMessage = new Map<number, Set<Promise<void>>>();
    for (const { batch, condition } of awaited) {
      for (let index = 0; index < batch.length; index++) {
        const message = batch.messages[index] ?? 0;
        const known = byMessage.get(message);
        if (known === undefined) byMessage.set(message, new Set([condition]));
        else known.add(condition);
      }
    }
    const conditions: Promise<void>[] = [];
    for (const [message, all] of byMessage) conditions[message] = this.#count([...all]);
    return conditions;
  }

  async #count(all: readonly Promise<void>[]): Promise<void> {
    this.#open += 1;
    if (this.#open >= MOST_IN_FLIGHT && !this.#said) {
      this.#said = true;
      this.warn(
        `${String(this.#open)} messages have taken effect as far as possible and are not acknowledged: ` +
          `${this.journal.stale ? 'the ledger has to be kept on disk again first' : 'their bans have to be in the kernel sets first, since nothing is kept on disk'}. ` +
          'Until then the broker may send no more',
      );
    }
    await Promise.all(all);
    this.#open -= 1;
    if (this.#open === 0) this.#said = false;
  }
}
