import type { Binding } from '../message/topic.js';
import { MOST_WAIT_MS } from '../message/question.js';
import type { LeasesReply, ListedLease, Reply } from '../message/reply.js';
import { VallumError } from '../words/errors.js';
import type { Questioning } from './questioning.js';

const DEFAULT_TIMEOUT_MS = 1_000;
const TRIES = 3;
/** A thousand fit into an answer, and 40 of the longest. */
const MOST_PIECES = 10_000;

/**
 * Asks all nodes what anybody has asked for on a topic, and the one that knows of most for the leases.
 *
 * @throws VallumError see `Vallum.fleetProtection`
 */
export async function gatherListing(
  questioning: Questioning,
  { topic }: Binding,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: { timeoutMs?: number; signal?: AbortSignal },
): Promise<readonly ListedLease[]> {
  const question = { kind: 'leases', addresses: [], waitMs: 0 } as const;
  const waiting = {
    timeoutMs: Math.min(timeoutMs, MOST_WAIT_MS),
    ...(signal === undefined ? {} : { signal }),
  };
  const counts = await questioning.ask(topic, question, { ...waiting, isEnough: () => false });
  let best: { from: string; total: number } | undefined;
  for (const reply of counts.values()) {
    if (reply.kind === 'leases' && reply.total >= (best?.total ?? 0)) best = reply;
  }
  if (best === undefined) {
    throw silent(`no node answered on ${topic} within ${String(waiting.timeoutMs)} ms`);
  }
  const node = best.from;
  const page = async (offset: number): Promise<LeasesReply> => {
    for (let tries = 0; tries < TRIES; tries++) {
      const replies: ReadonlyMap<string, Reply> = await questioning.ask(
        topic,
        { ...question, offset, node },
        { ...waiting, isEnough: ({ size }) => size > 0 },
      );
      const reply = replies.get(node);
      if (reply?.kind === 'leases') return reply;
    }
    throw silent(`node ${node} said that it knows what there is, and then did not name it`);
  };
  const found = new Map<string, ListedLease>();
  let offset = 0;
  for (let pieces = 0; offset < best.total && pieces < MOST_PIECES; pieces++) {
    const { leases = [] } = await page(offset);
    if (leases.length === 0) break;
    for (const lease of leases) found.set(`${lease.address} ${lease.origin}`, lease);
    offset += leases.length;
  }
  return [...found.values()];
}

function silent(message: string): VallumError {
  return new VallumError(message, {
    code: 'BROKER_UNREACHABLE',
    operation: 'ask what is protected',
  });
}
