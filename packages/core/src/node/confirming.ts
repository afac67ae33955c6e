import { parseAddress } from '../address/parse.js';
import type { Address } from '../address/address.js';
import type { Binding } from '../message/topic.js';
import { MOST_ADDRESSES_ASKED, MOST_WAIT_MS } from '../message/question.js';
import type { Reply, ReplyException } from '../message/reply.js';
import type { SteadyClock } from '../system/clock.js';
import { VallumError } from '../words/errors.js';
import { parseOrigin, type Origin } from '../words/names.js';
import type { Questioning } from './questioning.js';
import type { Vallum } from './vallum-types.js';

const DEFAULT_WAIT_MS = 2_000;
const DEFAULT_FLEET_MS = 500;
/** How long a node may take to answer beside what it was asked to wait. */
const GRACE_MS = 500;

/** What `Vallum.confirm` takes beside the addresses. */
export interface ConfirmOptions {
  /** Needed where Vallum serves more than one set. */
  readonly set?: string;
  /** `held` (default): banned in the kernel sets of nodes; `gone`: banned there no more. */
  readonly kind?: 'held' | 'gone';
  /** Whose request has to have come, with `stamp`. Default: any. */
  readonly origin?: string;
  /** When it was asked for. */
  readonly stamp?: Date;
  /** Settles as soon as so many nodes have it. */
  readonly count?: number;
  /** Settles as soon as these have it, and names those that have not. */
  readonly nodes?: readonly string[];
  /** How long is waited for it, 10 s at most. Default 2,000. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Which nodes have done what was asked. */
export interface Confirmation {
  /**
   * As many as were asked for have it: `count`, all of `nodes`, or else all that answered, of which there
   * was one at least.
   */
  readonly confirmed: boolean;
  /** Nodes that have it; those without kernel sets, such as keepers, do not count. */
  readonly done: readonly string[];
  /** Nodes that answered and have it not, or not all of it. */
  readonly undone: readonly {
    readonly node: string;
    readonly exceptions: readonly ReplyException[];
  }[];
  /** Of `nodes`: those that did not answer. */
  readonly missing: readonly string[];
  /** From the question to the last answer that was waited for. */
  readonly tookMs: number;
}

/**
 * Asks other nodes whether they have done it.
 *
 * @throws VallumError see `Vallum.confirm`
 */
export async function confirm(
  questioning: Questioning,
  binding: Binding,
  addresses: string | readonly string[],
  options: ConfirmOptions,
  clock: SteadyClock,
): Promise<Confirmation> {
  const { kind = 'held', count, nodes, stamp, signal } = options;
  const asked = readAddresses(typeof addresses === 'string' ? [addresses] : addresses);
  const waitMs = Math.min(options.timeoutMs ?? DEFAULT_WAIT_MS, MOST_WAIT_MS);
  const origin = options.origin === undefined ? undefined : readOrigin(options.origin);
  const hasDone = (reply: Reply | undefined): boolean =>
    reply?.kind === kind && reply.enforces !== false && reply.count >= asked.length;
  const startMs = clock.monotonicMs();
  const replies = await questioning.ask(
    binding.topic,
    {
      ...{ kind, addresses: asked, waitMs },
      ...(origin === undefined ? {} : { origin }),
      ...(stamp === undefined ? {} : { stampMs: stamp.getTime() }),
    },
    {
      timeoutMs: waitMs + GRACE_MS,
      ...(signal === undefined ? {} : { signal }),
      isEnough: (soFar) => {
        if (count !== undefined) return [...soFar.values()].filter(hasDone).length >= count;
        return nodes?.every((node) => soFar.has(node)) ?? false;
      },
    },
  );
  const tookMs = clock.monotonicMs() - startMs;
  const done = [...replies.values()].filter(hasDone).map(({ from }) => from);
  const undone = [...replies.values()]
    .filter(({ enforces, from }) => enforces !== false || nodes?.includes(from) === true)
    .filter((reply) => !hasDone(reply))
    .map((reply) => ({
      node: reply.from,
      exceptions: 'exceptions' in reply ? reply.exceptions : [],
    }));
  const missing = (nodes ?? []).filter((node) => !replies.has(node));
  const isEnough =
    count !== undefined
      ? done.length >= count
      : nodes !== undefined
        ? nodes.every((node) => done.includes(node))
        : done.length > 0 && undone.length === 0;
  return { confirmed: isEnough, done, undone, missing, tookMs };
}

/**
 * Asks all nodes how they are.
 *
 * @throws VallumError see `Vallum.fleet`
 */
export async function askFleet(
  questioning: Questioning,
  binding: Binding,
  {
    timeoutMs = DEFAULT_FLEET_MS,
    signal,
    answered,
  }: Omit<NonNullable<Parameters<Vallum['fleet']>[0]>, 'set'>,
): Promise<ReadonlyMap<string, Readonly<Record<string, unknown>>>> {
  const replies = await questioning.ask(
    binding.topic,
    { kind: 'status', addresses: [], waitMs: 0 },
    {
      timeoutMs: Math.min(timeoutMs, MOST_WAIT_MS),
      isEnough: () => false,
      ...(signal === undefined ? {} : { signal }),
      ...(answered === undefined ? {} : { answered }),
    },
  );
  return new Map(
    [...replies].flatMap(([node, reply]) =>
      reply.kind === 'status' ? [[node, reply.status] as const] : [],
    ),
  );
}

function readAddresses(texts: readonly string[]): Address[] {
  if (texts.length === 0 || texts.length > MOST_ADDRESSES_ASKED) {
    throw invalid(
      `${String(texts.length)} addresses were given; nodes can be asked about 1 to ${String(MOST_ADDRESSES_ASKED)} at once`,
    );
  }
  return texts.map((text) => {
    const parsed = parseAddress(text);
    if (parsed.ok) return parsed.value;
    throw invalid(`${JSON.stringify(text)}: ${parsed.detail}`);
  });
}

/** @throws VallumError `INVALID_ARGUMENT` */
export function readOrigin(text: string): Origin {
  const origin = parseOrigin(text);
  if (origin.ok) return origin.value;
  throw invalid(`origin ${JSON.stringify(text)}: ${origin.detail}`);
}

function invalid(message: string): VallumError {
  return new VallumError(message, { code: 'INVALID_ARGUMENT', operation: 'confirm' });
}
