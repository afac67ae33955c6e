import { MOST_LEASES_LISTED, MOST_WAIT_MS, type Question } from '../message/question.js';
import type { LeasesReply, Reply } from '../message/reply.js';
import type { SteadyClock } from '../system/clock.js';
import { VallumError } from '../words/errors.js';
import type { Questioning } from './questioning.js';

const DEFAULT_TIMEOUT_MS = 1_000;
const TRIES = 3;
/** As many as a node keeps leases at its defaults. */
const MOST_FOUND = 2_000_000;
/** Of one node: 2,000,000 addresses, or 65,536 leases with the longest reasons. */
const MOST_PIECES = 2_500;
/** Nodes whose repair has not come to its end may differ; so many lists are fetched at most. */
const MOST_VIEWS = 16;
/** Nodes answer 50 a second, of all who ask, and 200 at once: half of that is left to others. */
const QUICK_PIECES = 100;
const PAUSE_MS = 40;

/** How long is waited for the answers to each question, and what ends it all. */
export interface GatherOptions {
  /** Default 1,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

export interface Gathering extends GatherOptions {
  readonly questioning: Questioning;
  readonly topic: string;
  readonly clock: SteadyClock;
  /** Whose; undefined: everybody's, in full. */
  readonly origin?: Question['origin'];
  /** What is asked for, in errors: `what web1 has banned`. */
  readonly what: string;
  readonly operation: string;
  /** Takes a piece. @returns how many are found so far */
  readonly take: (piece: LeasesReply) => number;
}

/** What nodes that hold the same say. */
interface View {
  readonly total: number;
  readonly nodes: string[];
}

/**
 * Asks all nodes how many leases they know of, and of those that know the same one for the list, piece by
 * piece. What any of them knows of counts.
 *
 * @throws VallumError `BROKER_UNREACHABLE` where nobody answers or names what was counted
 */
export async function gatherPieces(gathering: Gathering): Promise<void> {
  const { questioning, topic, clock, origin, what, take, signal } = gathering;
  const { timeoutMs = DEFAULT_TIMEOUT_MS } = gathering;
  const silent = (message: string): VallumError =>
    new VallumError(message, { code: 'BROKER_UNREACHABLE', operation: gathering.operation });
  const question = {
    ...({ kind: 'leases', addresses: [], waitMs: 0 } as const),
    ...(origin === undefined ? {} : { origin }),
  };
  const waiting = {
    timeoutMs: Math.min(timeoutMs, MOST_WAIT_MS),
    ...(signal === undefined ? {} : { signal }),
  };
  const counts = await questioning.ask(topic, question, { ...waiting, isEnough: () => false });
  const views = viewsOf(counts);
  if (views.length === 0) {
    throw silent(`no node answered on ${topic} within ${String(waiting.timeoutMs)} ms`);
  }

  let asked = 0;
  const piece = async (node: string, offset: number): Promise<LeasesReply | undefined> => {
    for (let tries = 0; tries < TRIES && signal?.aborted !== true; tries++) {
      if (asked++ >= QUICK_PIECES) await pause(clock, PAUSE_MS);
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

  let found = 0;
  /** @returns whether it named all that it knows of */
  const askForAll = async (node: string): Promise<boolean> => {
    let digest: string | undefined;
    let offset = 0;
    let changes = 0;
    for (let pieces = 0; pieces < MOST_PIECES && found < MOST_FOUND; pieces++) {
      const reply = await piece(node, offset);
      if (reply === undefined) return false;
      found = take(reply);
      const isAnother = offset > 0 && reply.digest !== digest && changes < TRIES;
      digest = reply.digest;
      if (isAnother) {
        changes += 1;
        offset = 0;
      } else {
        const length = lengthOf(reply, origin);
        offset += length;
        if (isLast(reply, length, offset, origin)) return true;
      }
    }
    return true;
  };
  for (const { total, nodes } of views) {
    if (total === 0) continue;
    let isTold = false;
    for (const node of nodes.slice(0, TRIES)) isTold ||= await askForAll(node);
    if (isTold) continue;
    throw silent(`node ${nodes[0] ?? ''} said that it knows ${what}, and then did not name it`);
  }
}

function lengthOf({ addresses, leases = [] }: LeasesReply, origin: Gathering['origin']): number {
  return origin === undefined ? leases.length : addresses.length;
}

function isLast(
  { total }: LeasesReply,
  length: number,
  offset: number,
  origin: Gathering['origin'],
): boolean {
  // Leases in full are as many as fit; of addresses, a piece that is not full is the last one whatever the
  // node says of how many there are.
  return origin === undefined ? length === 0 || offset >= total : length < MOST_LEASES_LISTED;
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
