import type { Binding } from '../message/topic.js';
import { MOST_WAIT_MS } from '../message/question.js';
import type { LeasesReply, Reply } from '../message/reply.js';
import { VallumError } from '../words/errors.js';
import type { Origin } from '../words/names.js';
import type { Questioning } from './questioning.js';

const DEFAULT_TIMEOUT_MS = 1_000;
const TRIES = 3;

/**
 * Asks all nodes what an origin has banned, and the one that knows of most for the addresses, a thousand
 * at a time.
 *
 * @throws VallumError see `Vallum.leasesOf`
 */
export async function gatherLeases(
  questioning: Questioning,
  { topic }: Binding,
  origin: Origin,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: { timeoutMs?: number; signal?: AbortSignal },
): Promise<readonly string[]> {
  const question = { kind: 'leases', addresses: [], waitMs: 0, origin } as const;
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
    throw silent(
      `node ${node} said that it knows what ${origin} has banned, and then did not name it`,
    );
  };
  const found = new Set<string>();
  for (let offset = 0; offset < best.total;) {
    const { addresses } = await page(offset);
    if (addresses.length === 0) break;
    for (const address of addresses) found.add(address);
    offset += addresses.length;
  }
  return [...found];
}

function silent(message: string): VallumError {
  return new VallumError(message, {
    code: 'BROKER_UNREACHABLE',
    operation: 'ask what an origin has banned',
  });
}
