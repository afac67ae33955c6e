import type { PublishCaveat, Transport } from '@vallum/core';
import { quote } from '@vallum/options';
import { pace } from '../pace.js';
import { batchesOf, MOST_FILES_AT_ONCE, type SpooledBatch } from './batches.js';
import type { Delivery, DeliverOptions } from './deliver.js';
import { errorCode, type SpooledName } from './folder.js';
import { isSuspect, markLoss, suspectsFirst } from './suspicion.js';
import { takeAway } from './take-away.js';

const AT_ONCE = 8;
/** So many losses in a row, with nothing confirmed in between, and the rest is left to another run. */
const MOST_LOSSES = 3;

type Ended = 'late' | 'stopped';

/**
 * One going through the spool. A broker may end the connection for a message that it dislikes
 * (RabbitMQ does so for a topic that its rules forbid), and nothing says which one it was. Those that were
 * under way are therefore put back, the others go on, and in the end each of them goes alone.
 */
export class DeliveryRun {
  readonly #ended: Promise<Ended>;
  #end: (outcome: Ended) => void = () => undefined;
  #fail: (error: unknown) => void = () => undefined;
  readonly #deafen: () => void;
  #timer: NodeJS.Timeout | undefined;
  readonly #endMs: number;
  readonly #underWay = new Map<SpooledBatch, Promise<void>>();
  /** Aborted when the connection is lost: what was under way is given up. */
  #flight = new AbortController();
  #isAlone = false;
  #lossesInARow = 0;
  /** Of those that were put back. */
  readonly #suspects: SpooledName[] = [];
  /** The broker has ended the connection for a message on it. */
  readonly #badTopics = new Set<string>();
  #isAllTried = true;

  constructor(
    private readonly folder: string,
    private readonly transport: Pick<Transport, 'publish'>,
    private readonly options: DeliverOptions,
    private readonly delivery: Delivery,
    private readonly onProgress: () => void,
  ) {
    this.#ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    this.#ended.catch(() => undefined);
    this.#endMs = performance.now() + (options.budgetMs ?? Infinity);
    void options.stopped?.then(() => {
      this.#end('stopped');
    });
    this.#deafen = options.losses.listen(() => {
      this.#lost();
    });
  }

  async deliver(files: readonly SpooledName[]): Promise<'done' | Ended> {
    this.#restartTimer();
    this.#suspects.push(...files.filter(isSuspect));
    const others = files.filter((file) => !isSuspect(file));
    const first = await this.#sendAll(others, MOST_FILES_AT_ONCE, AT_ONCE);
    if (first !== 'done') return first;
    this.#isAlone = true;
    const last = await this.#sendAll(suspectsFirst(this.#suspects), 1, 1);
    return last === 'done' && !this.#isAllTried ? 'late' : last;
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#deafen();
  }

  async #sendAll(
    files: readonly SpooledName[],
    filesAtOnce: number,
    messagesAtOnce: number,
  ): Promise<'done' | Ended> {
    const batches = batchesOf(this.folder, files, filesAtOnce, this.delivery.unusable);
    const { entriesPerSecond } = this.options;
    const paced = pace(slowly(batches), { entriesPerSecond, isGentle: false })[
      Symbol.asyncIterator
    ]();
    try {
      for (;;) {
        const next = await Promise.race([paced.next(), this.#ended]);
        if (typeof next === 'string') return next;
        if (next.done === true) break;
        const batch = next.value;
        if (this.#badTopics.has(batch.topic)) {
          add(this.delivery.refused, batch);
          continue;
        }
        const sent = this.#publish(batch).finally(() => this.#underWay.delete(batch));
        this.#underWay.set(batch, sent);
        while (this.#underWay.size >= messagesAtOnce) {
          const over = await Promise.race([...this.#underWay.values(), this.#ended]);
          if (over !== undefined) return over;
        }
      }
      const over = await Promise.race([Promise.all(this.#underWay.values()), this.#ended]);
      return typeof over === 'string' ? over : 'done';
    } finally {
      void paced.return().catch(() => undefined);
    }
  }

  async #publish(batch: SpooledBatch): Promise<void> {
    const { topic, payload } = batch;
    let caveat: PublishCaveat | undefined;
    try {
      const { signal } = this.#flight;
      const caveats = (told: PublishCaveat) => (caveat = told);
      await this.transport.publish({ topic, payload, qos: 1 }, { signal, caveat: caveats });
    } catch (error) {
      // By its code: what is loaded late has a class of its own.
      if (errorCode(error) === 'BROKER_REFUSED') {
        this.#refused(batch, error instanceof Error ? error.message : '');
      } else if (errorCode(error) !== 'ABORTED') this.#end('late');
      return;
    }
    this.#lossesInARow = 0;
    this.#progressed();
    if (caveat === 'unheard') {
      add(this.delivery.unheard, batch);
      return;
    }
    try {
      takeAway(this.folder, batch.files);
    } catch (error) {
      this.#fail(error);
      return;
    }
    add(this.delivery.delivered, batch);
  }

  /** Once for each connection: whatever was under way is put back, and the rest goes on over the next one. */
  #lost(): void {
    const batches = [...this.#underWay.keys()];
    if (batches.length === 0) return;
    try {
      for (const batch of batches) {
        for (const file of batch.files) this.#putBack(file, batch);
      }
    } catch (error) {
      this.#fail(error);
      return;
    }
    this.#flight.abort();
    this.#flight = new AbortController();
    this.#lossesInARow += 1;
    if (!this.#isAlone && this.#lossesInARow >= MOST_LOSSES) this.#end('late');
    else this.#progressed();
  }

  #putBack(file: SpooledName, batch: SpooledBatch): void {
    const marked = markLoss(this.folder, file, this.#isAlone);
    if (!this.#isAlone && marked !== undefined) this.#suspects.push(marked);
    else if (marked?.state === 'c') {
      this.#badTopics.add(batch.topic);
      this.#refused(
        batch,
        `it ended the connection when one of them was sent alone, to ${quote(batch.topic)}: is ` +
          'the name right, and do its access rules (ACL) let this user publish there?',
      );
    } else if (file.state === 'u') this.#isAllTried = false;
  }

  #refused(batch: SpooledBatch, detail: string): void {
    add(this.delivery.refused, batch);
    this.delivery.refused.detail = detail;
    this.#progressed();
  }

  #progressed(): void {
    this.#restartTimer();
    this.onProgress();
  }

  #restartTimer(): void {
    clearTimeout(this.#timer);
    const leftMs = Math.min(this.options.waitMs, this.#endMs - performance.now());
    this.#timer = setTimeout(
      () => {
        this.#end('late');
      },
      Math.max(0, leftMs),
    );
  }
}

function add(
  amount: { entries: number; messages: number },
  { entries, files }: SpooledBatch,
): void {
  amount.entries += entries;
  amount.messages += files.length;
}

/** The files are read between messages, not all at once. */
async function* slowly<Item>(items: Iterable<Item>): AsyncGenerator<Item, void> {
  for (const item of items) yield await Promise.resolve(item);
}
