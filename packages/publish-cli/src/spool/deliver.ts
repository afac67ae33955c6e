import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { PublishCaveat, Transport } from '@vallum/core';
import { pace } from '../pace.js';
import { batchesOf, takeAway, type LeftOut, type SpooledBatch } from './batches.js';
import { errorCode, listSpool, workFolder } from './folder.js';
import { takeTurn } from './turn.js';

export interface DeliverOptions {
  /** Only what is for this receiver; undefined: all. */
  readonly receiver: string | undefined;
  /** Longest time without a confirmation, in milliseconds. */
  readonly waitMs: number;
  /** Longest time in all. Default Infinity. */
  readonly budgetMs?: number;
  readonly entriesPerSecond: number;
  /** Unix milliseconds. */
  readonly nowMs: number;
  /** Resolves where it has to end at once. */
  readonly stopped?: Promise<unknown>;
}

export interface Delivery extends LeftOut {
  readonly delivered: { entries: number; messages: number };
  /** The broker took it and had nobody for it: it stays, since nodes may be on their way back. */
  readonly unheard: { entries: number; messages: number };
  /** The broker refused it: it stays. */
  readonly refused: { entries: number; messages: number; detail: string };
  /** `busy`: another process delivers. `late`: the time was over, or the connection lost. */
  outcome: 'done' | 'busy' | 'late' | 'stopped';
}

const AT_ONCE = 8;
/** A writer takes milliseconds. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Sends what the spool holds, oldest first, over a transport that is open. A file goes away once the
 * broker has confirmed it, so that a kill at any moment costs a repetition at most.
 *
 * @throws an error of node:fs where the folder cannot be written to: nothing is sent then
 */
export async function deliverSpool(
  folder: string,
  transport: Pick<Transport, 'publish'>,
  options: DeliverOptions,
): Promise<Delivery> {
  const delivery: Delivery = {
    delivered: { entries: 0, messages: 0 },
    unheard: { entries: 0, messages: 0 },
    refused: { entries: 0, messages: 0, detail: '' },
    old: { files: 0, entries: 0 },
    ended: 0,
    unusable: [],
    outcome: 'done',
  };
  const files = listSpool(folder).filter(
    ({ receiver }) => options.receiver === undefined || receiver === options.receiver,
  );
  if (files.length === 0) return delivery;
  const turn = takeTurn(folder);
  if (turn === undefined) return { ...delivery, outcome: 'busy' };
  try {
    removeAbandoned(folder);
    const batches = batchesOf(folder, files, options.nowMs, delivery);
    delivery.outcome = await sendAll(folder, transport, batches, options, delivery, () => {
      turn.renew();
    });
    return delivery;
  } finally {
    turn.end();
  }
}

async function sendAll(
  folder: string,
  transport: Pick<Transport, 'publish'>,
  batches: Iterable<SpooledBatch>,
  options: DeliverOptions,
  delivery: Delivery,
  onProgress: () => void,
): Promise<Delivery['outcome']> {
  const { waitMs, budgetMs = Infinity, stopped, entriesPerSecond } = options;
  const endMs = performance.now() + budgetMs;
  let timer: NodeJS.Timeout | undefined;
  let end: (outcome: 'late' | 'stopped') => void = () => undefined;
  let fail: (error: unknown) => void = () => undefined;
  const ended = new Promise<'late' | 'stopped'>((resolve, reject) => {
    end = resolve;
    fail = reject;
  });
  ended.catch(() => undefined);
  void stopped?.then(() => {
    end('stopped');
  });
  const restartTimer = () => {
    clearTimeout(timer);
    const leftMs = Math.min(waitMs, endMs - performance.now());
    timer = setTimeout(
      () => {
        end('late');
      },
      Math.max(0, leftMs),
    );
  };

  const underWay = new Set<Promise<void>>();
  const publish = async (batch: SpooledBatch): Promise<void> => {
    let caveat: PublishCaveat | undefined;
    try {
      const { topic, payload } = batch;
      await transport.publish({ topic, payload, qos: 1 }, { caveat: (told) => (caveat = told) });
    } catch (error) {
      // By its code: what is loaded late has a class of its own.
      if (errorCode(error) === 'BROKER_REFUSED') {
        add(delivery.refused, batch);
        delivery.refused.detail = error instanceof Error ? error.message : '';
      } else end('late');
      return;
    }
    restartTimer();
    onProgress();
    if (caveat === 'unheard') {
      add(delivery.unheard, batch);
      return;
    }
    try {
      takeAway(folder, batch.files);
    } catch (error) {
      fail(error);
      return;
    }
    add(delivery.delivered, batch);
  };

  restartTimer();
  const paced = pace(slowly(batches), { entriesPerSecond, isGentle: false })[
    Symbol.asyncIterator
  ]();
  try {
    for (;;) {
      const next = await Promise.race([paced.next(), ended]);
      if (typeof next === 'string') return next;
      if (next.done === true) break;
      const sent: Promise<void> = publish(next.value).finally(() => underWay.delete(sent));
      underWay.add(sent);
      while (underWay.size >= AT_ONCE) {
        const over = await Promise.race([...underWay, ended]);
        if (over !== undefined) return over;
      }
    }
    const over = await Promise.race([Promise.all(underWay), ended]);
    return typeof over === 'string' ? over : 'done';
  } finally {
    clearTimeout(timer);
    void paced.return().catch(() => undefined);
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

/** Of writers that were killed: nobody was told that these are kept. */
function removeAbandoned(folder: string): void {
  const work = workFolder(folder);
  // Without it on a disk that is full.
  if (!existsSync(work)) return;
  for (const name of readdirSync(work)) {
    const path = join(work, name);
    try {
      if (name.endsWith('.msg') && Date.now() - statSync(path).mtimeMs > ABANDONED_AFTER_MS) {
        rmSync(path, { force: true });
      }
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}
