import type { Binding } from '../message/topic.js';
import { MOST_WAIT_MS } from '../message/question.js';
import type { LeasesReply, ListedLease, Reply } from '../message/reply.js';
import { VallumError } from '../words/errors.js';
import type { Origin } from '../words/names.js';
import type { Questioning } from './questioning.js';

const DEFAULT_TIMEOUT_MS = 1_000;
const TRIES = 3;

/** How long is waited for answers. */
export interface GatheringOptions {
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

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
  options: GatheringOptions,
): Promise<readonly string[]> {
  const found = new Set<string>();
  await gather(questioning, topic, { origin, ...options }, ({ addresses }) => {
    for (const address of addresses) found.add(address);
    return addresses.length;
  });
  return [...found];
}

/**
 * Asks all nodes what anybody has asked for on a topic, and the one that knows of most for the leases.
 *
 * @throws VallumError see `Vallum.fleetProtection`
 */
export async function gatherAllLeases(
  questioning: Questioning,
  { topic }: Binding,
  options: GatheringOptions,
): Promise<readonly ListedLease[]> {
  const found = new Map<string, ListedLease>();
  await gather(questioning, topic, options, ({ leases = [] }) => {
    for (const lease of leases) found.set(`${lease.address} ${lease.origin}`, lease);
    return leases.length;
  });
  return [...found.values()];
}

/** @param take takes a piece; returns how many it holds */
async function gather(
  questioning: Questioning,
  topic: string,
  {
    origin,
    timeoutMs = DEFAULT_TIMEOUT_MS,
    signal,
  }: GatheringOptions & { readonly origin?: Origin },
  take: (reply: LeasesReply) => number,
): Promise<void> {
  const question = {
    ...({ kind: 'leases', addresses: [], waitMs: 0 } as const),
    ...(origin === undefined ? {} : { origin }),
  };
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
    const what = origin === undefined ? 'there is' : `${origin} has banned`;
    throw silent(`node ${node} said that it knows what ${what}, and then did not name it`);
  };
  for (let offset = 0; offset < best.total;) {
    const got = take(await page(offset));
    if (got === 0) break;
    offset += got;
  }
}

function silent(message: string): VallumError {
  return new VallumError(message, {
    code: 'BROKER_UNREACHABLE',
    operation: 'ask what an origin has banned',
  });
}
