import { parseAddress } from '../address/parse.js';
import type { Binding } from '../message/topic.js';
import { MOST_LEASES_LISTED, MOST_WAIT_MS } from '../message/question.js';
import type { LeasesReply, Reply } from '../message/reply.js';
import type { SteadyClock } from '../system/clock.js';
import { VallumError } from '../words/errors.js';
import type { Origin } from '../words/names.js';
import type { Questioning } from './questioning.js';

const DEFAULT_TIMEOUT_MS = 1_000;
const TRIES = 3;
/** As many as a node keeps leases at its defaults. */
const MOST_ADDRESSES = 2_000_000;
/** Nodes whose repair has not come to its end may differ; so many lists are fetched at most. */
const MOST_VIEWS = 16;
/** Nodes answer 50 a second, of all who ask, and 200 at once: half of that is left to others. */
const QUICK_PAGES = 100;
const PAUSE_MS = 40;

/** What nodes that hold the same leases say of an origin. */
interface View {
  readonly total: number;
  readonly nodes: string[];
}

/**
 * Asks all nodes what an origin has banned, and of those that know the same one for the addresses, a
 * thousand at a time. What any of them knows of counts.
 *
 * @throws VallumError see `Vallum.leasesOf`
 */
export async function gatherLeases(
  questioning: Questioning,
  { topic }: Binding,
  origin: Origin,
  clock: SteadyClock,
  { timeoutMs = DEFAULT_TIMEOUT_MS, signal }: { timeoutMs?: number; signal?: AbortSignal },
): Promise<readonly string[]> {
  const question = { kind: 'leases', addresses: [], waitMs: 0, origin } as const;
  const waiting = {
    timeoutMs: Math.min(timeoutMs, MOST_WAIT_MS),
    ...(signal === undefined ? {} : { signal }),
  };
  const counts = await questioning.ask(topic, question, { ...waiting, isEnough: () => false });
  const views = viewsOf(counts);
  if (views.length === 0) {
    throw silent(`no node answered on ${topic} within ${String(waiting.timeoutMs)} ms`);
  }

  let pages = 0;
  const page = async (node: string, offset: number): Promise<LeasesReply | undefined> => {
    for (let tries = 0; tries < TRIES && signal?.aborted !== true; tries++) {
      if (pages++ >= QUICK_PAGES) await pause(clock, PAUSE_MS);
      const replies: ReadonlyMap<string, Reply> = await questioning.ask(
        topic,
        { ...question, offset, node },
        { ...waiting, isEnough: ({ size }) => size > 0 },
      );
      const reply = replies.get(node);
      if (reply?.kind === 'leases') return reply;
    }
    return undefined;
  };

  const found = new Set<string>();
  /** @returns whether it named all that it knows of */
  const askForAll = async (node: string): Promise<boolean> => {
    let digest: string | undefined;
    for (let offset = 0, changes = 0; Math.max(found.size, offset) < MOST_ADDRESSES;) {
      const reply = await page(node, offset);
      if (reply === undefined) return false;
      for (const text of reply.addresses) {
        const address = parseAddress(text);
        if (address.ok) found.add(address.value.text);
      }
      const isAnother = offset > 0 && reply.digest !== digest && changes < TRIES;
      digest = reply.digest;
      if (isAnother) changes += 1;
      // A piece that is not full is the last one, whatever the node says of how many there are.
      else if (reply.addresses.length < MOST_LEASES_LISTED) return true;
      offset = isAnother ? 0 : offset + MOST_LEASES_LISTED;
    }
    return true;
  };
  for (const { total, nodes } of views) {
    if (total === 0) continue;
    let isTold = false;
    for (const node of nodes.slice(0, TRIES)) isTold ||= await askForAll(node);
    if (isTold) continue;
    throw silent(
      `node ${nodes[0] ?? ''} said that it knows what ${origin} has banned, and then did not name it`,
    );
  }
  return [...found];
}

/** Those that most nodes share first, then those that name most. */
function viewsOf(counts: ReadonlyMap<string, Reply>): View[] {
  const views = new Map<string, View>();
  for (const reply of counts.values()) {
    if (reply.kind !== 'leases') continue;
    const { total, digest = '', from } = reply;
    const key = `${String(total)} ${digest}`;
    const view = views.get(key) ?? { total, nodes: [] };
    view.nodes.push(from);
    views.set(key, view);
  }
  return [...views.values()]
    .sort((one, other) => other.nodes.length - one.nodes.length || other.total - one.total)
    .slice(0, MOST_VIEWS);
}

function pause(clock: SteadyClock, milliseconds: number): Promise<void> {
  return new Promise((resolve) => {
    clock.after(milliseconds, resolve);
  });
}

function silent(message: string): VallumError {
  return new VallumError(message, {
    code: 'BROKER_UNREACHABLE',
    operation: 'ask what an origin has banned',
  });
}
