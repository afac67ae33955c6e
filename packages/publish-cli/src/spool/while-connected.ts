import { readdirSync } from 'node:fs';
import type { Transport } from '@vallum/core';
import type { Report } from '../report.js';
import type { DeliverOptions } from './deliver.js';
import { loadSpool } from './load.js';

/** What a call gives away for those before it, once its own is delivered. */
const BUDGET_MS = 500;

export interface Receiver {
  /** `localhost:1883` */
  readonly broker: string;
  readonly username: string | undefined;
}

/**
 * Delivers what waits in the spool, for a moment, over a connection that stands. Whatever becomes of it,
 * the call itself has done what it was asked for.
 */
export async function deliverWhileConnected(
  folder: string,
  transport: Transport,
  { broker, username }: Receiver,
  options: Pick<DeliverOptions, 'entriesPerSecond' | 'losses' | 'nowMs' | 'stopped'>,
  report: Report,
): Promise<void> {
  if (!holdsMessages(folder)) return;
  try {
    const { deliverSpool, describeDelivery, receiverKey } = await loadSpool();
    const receiver = receiverKey(broker, username);
    const limits = { receiver, waitMs: BUDGET_MS, budgetMs: BUDGET_MS };
    const delivery = await deliverSpool(folder, transport, { ...options, ...limits });
    if (delivery.delivered.messages > 0) report.facts['delivered'] = delivery.delivered;
    const { done, trouble } = describeDelivery(delivery, { folder, broker });
    for (const line of done) report.succeed(line);
    for (const line of trouble) report.complain(line);
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    report.note(`nothing delivered from ${folder}: ${error.message}`);
  }
}

/** One call of the system, before anything else is loaded. */
function holdsMessages(folder: string): boolean {
  try {
    return readdirSync(folder).some((name) => !name.startsWith('.'));
  } catch {
    return false;
  }
}
