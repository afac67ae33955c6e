import { existsSync, readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Transport } from '@vallum/core';
import { DeliveryRun } from './delivery-run.js';
import { errorCode, listSpool, workFolder } from './folder.js';
import type { Losses } from '../losses.js';
import { dropOld } from './take-away.js';
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
  /** Of the connection that the transport has. */
  readonly losses: Losses;
  /** Resolves where it has to end at once. */
  readonly stopped?: Promise<unknown>;
}

export interface Delivery {
  readonly delivered: { entries: number; messages: number };
  /** The broker took it and had nobody for it: it stays, since nodes may be on their way back. */
  readonly unheard: { entries: number; messages: number };
  /** The broker refused it: it stays. */
  readonly refused: { entries: number; messages: number; detail: string };
  /** Messages that were too old, whoever they were for: they are gone. */
  old: number;
  /** Names of files that are no messages. */
  readonly unusable: string[];
  /** `busy`: another process delivers. `late`: the time was over, or the connection lost. */
  outcome: 'done' | 'busy' | 'late' | 'stopped';
}

/** A writer takes milliseconds. */
const ABANDONED_AFTER_MS = 3_600_000;

/**
 * Sends what the spool holds over a transport that is open: oldest first, and last what has ended a
 * connection before. A file goes away once the broker has confirmed it, so that a kill at any moment
 * costs a repetition at most.
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
    old: 0,
    unusable: [],
    outcome: 'done',
  };
  const { left, dropped } = dropOld(folder, listSpool(folder), options.nowMs);
  delivery.old = dropped;
  const files = left.filter(
    ({ receiver }) => options.receiver === undefined || receiver === options.receiver,
  );
  if (files.length === 0) return delivery;
  const turn = takeTurn(folder);
  if (turn === undefined) return { ...delivery, outcome: 'busy' };
  const run = new DeliveryRun(folder, transport, options, delivery, () => {
    turn.renew();
  });
  try {
    removeAbandoned(folder);
    delivery.outcome = await run.deliver(files);
    return delivery;
  } finally {
    run.end();
    turn.end();
  }
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
