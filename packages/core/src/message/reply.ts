import { isNodeName } from '../words/names.js';
import { failure, success, type Result } from '../words/result.js';
import { isId, MOST_LEASES_LISTED } from './question.js';
import { readObject, VERSION, type MessageFault } from './versioned-object.js';

export const MOST_REPLY_BYTES = 64 * 1024;
/** Of what is not as it was asked, so many are named. */
export const MOST_EXCEPTIONS = 20;
/** Of an address, so many bans around it and inside are told. */
export const MOST_BANS_TOLD = 20;
export const MOST_LEASES_TOLD = 20;

/** What one node answers to a question. */
export type Reply = ReplyHead & (CountReply | WhyReply | StatusReply | LeasesReply);

/** What every answer begins with. */
export interface ReplyHead {
  /** Of the question. */
  readonly id: string;
  /** The node that answers. */
  readonly from: string;
  /** It has no kernel sets: it only remembers, or pretends. What it holds blocks nobody. */
  readonly enforces?: false;
}

/** To `held` and `gone`. */
export interface CountReply {
  readonly kind: 'held' | 'gone';
  /** Of how many of the addresses it is so. */
  readonly count: number;
  /** The others, 20 at most. */
  readonly exceptions: readonly ReplyException[];
}

/** An address that is not as it was asked. */
export interface ReplyException {
  readonly address: string;
  /** `refused`: it will not be so. `pending`: it may be. `unknown`: the request has not come here. */
  readonly state: 'pending' | 'refused' | 'unknown';
  /** `protected`, `prefix-too-wide`…: see `Report`. */
  readonly code?: string;
  readonly detail?: string;
}

/** To `why`. */
export interface WhyReply {
  readonly kind: 'why';
  /** A kernel set of the node holds the address, or a prefix around it. */
  readonly blocked: boolean;
  /** By which entry nobody can ban it there, and why. */
  readonly protected?: { readonly address: string; readonly because: string };
  readonly bans: readonly ReplyBan[];
  /** How many more it knows of. */
  readonly more: number;
}

/** To `status`. */
export interface StatusReply {
  readonly kind: 'status';
  /** What the node says of itself, as on `vallumd/<node>`; whoever reads it checks each part. */
  readonly status: Readonly<Record<string, unknown>>;
}

/** To `leases`. */
export interface LeasesReply {
  readonly kind: 'leases';
  /**
   * Of the whole list, of which this is a piece: how many addresses that origin has live leases of there; without
   * an origin, how many live leases there are, 65,536 at most.
   */
  readonly total: number;
  /**
   * Of the whole list, 16 hexadecimal digits: equal on two nodes that name the same addresses; without an origin,
   * the same addresses with the same origins, in force on both or on neither. Missing: the node does not say.
   */
  readonly digest?: string;
  /** 1,000 of them at most, from the one that was asked for on. */
  readonly addresses: readonly string[];
  /** In their place where no origin was named: live leases, from the one that was asked for on. */
  readonly leases?: readonly ListedLease[];
}

/** A live lease, with its address. */
export interface ListedLease {
  readonly address: string;
  /** '' for an anonymous one. */
  readonly origin: string;
  /** Unix seconds. */
  readonly until: number | 'never' | 'default';
  /** When it was asked for, Unix milliseconds. */
  readonly stampMs: number;
  readonly reason?: string;
  /** On some node that knows of it, it has no effect: it is refused there, or waits for room. */
  readonly inForce?: false;
}

/** A ban that a node knows of, at the address, around it or inside. */
export interface ReplyBan {
  readonly set: string;
  readonly address: string;
  readonly relation: 'same' | 'around' | 'inside';
  /** `over`: only what was withdrawn or is over is remembered. */
  readonly state: 'enforced' | 'held-by-other' | 'pending' | 'refused' | 'over';
  readonly code?: string;
  readonly detail?: string;
  readonly leases: readonly ReplyLease[];
}

/** A lease, or what ended one, of such a ban. */
export interface ReplyLease {
  readonly kind: 'lease' | 'withdrawal' | 'sweep';
  /** '' for an anonymous one. */
  readonly origin: string;
  /** Of a lease: Unix seconds. */
  readonly until?: number | 'never' | 'default';
  /** Unix milliseconds. */
  readonly stampMs: number;
  readonly reason?: string;
}

/** Writes an answer. */
export function encodeReply({ id, from, ...body }: Reply): string {
  return JSON.stringify({ v: VERSION, id, from, ...body });
}

/** Whatever a node sends, or who passes for one: what cannot be used is refused, the rest is checked. */
export function parseReply(payload: Uint8Array): Result<Reply, MessageFault> {
  const read = readObject(payload, MOST_REPLY_BYTES);
  if (!read.ok) return read;
  const { id, from, kind } = read.value;
  if (!isId(id) || !isNodeName(from)) return malformed('it says neither to what nor who answers');
  const head = {
    id,
    from,
    ...(read.value['enforces'] === false ? { enforces: false as const } : {}),
  };
  if (kind === 'held' || kind === 'gone') {
    const { count, exceptions } = read.value;
    if (!isCount(count)) return malformed('it counts nothing');
    const named = listOf(exceptions, MOST_EXCEPTIONS, readException);
    return named === undefined
      ? malformed('its exceptions are none')
      : success({ ...head, kind, count, exceptions: named });
  }
  if (kind === 'status') {
    const { status } = read.value;
    return isObject(status) ? success({ ...head, kind, status }) : malformed('it says nothing');
  }
  if (kind === 'leases') {
    const { total, digest, addresses } = read.value;
    const isList = Array.isArray(addresses) && addresses.length <= MOST_LEASES_LISTED;
    const leases =
      read.value['leases'] === undefined
        ? []
        : listOf(read.value['leases'], MOST_LEASES_LISTED, readListed);
    return isCount(total) && isList && addresses.every(isText) && leases !== undefined
      ? success({
          ...{ ...head, kind, total, addresses },
          ...(isId(digest) ? { digest } : {}),
          ...(leases.length === 0 ? {} : { leases }),
        })
      : malformed('it names no leases');
  }
  if (kind !== 'why') return malformed('it is of a kind that nobody knows');
  const { blocked, more = 0 } = read.value;
  const bans = listOf(read.value['bans'], MOST_BANS_TOLD, readBan);
  if (typeof blocked !== 'boolean' || bans === undefined || !isCount(more)) {
    return malformed('it does not say whether the address is blocked, and by what');
  }
  const guard = readProtected(read.value['protected']);
  return success({ ...head, kind, blocked, ...guard, bans, more });
}

type Fields = Record<string, unknown>;

function readException(said: Fields): ReplyException | undefined {
  const { address, state } = said;
  if (!isText(address) || !isOneOf(state, ['pending', 'refused', 'unknown'])) return undefined;
  return { address, state, ...optionalTexts(said, ['code', 'detail']) };
}

function readBan(said: Fields): ReplyBan | undefined {
  const { set, address, relation, state } = said;
  const leases = listOf(said['leases'], MOST_LEASES_TOLD, readLease);
  if (!isText(set) || !isText(address) || leases === undefined) return undefined;
  if (!isOneOf(relation, ['same', 'around', 'inside'])) return undefined;
  if (!isOneOf(state, ['enforced', 'held-by-other', 'pending', 'refused', 'over']))
    return undefined;
  return { set, address, relation, state, ...optionalTexts(said, ['code', 'detail']), leases };
}

function readLease(said: Fields): ReplyLease | undefined {
  const { kind, origin, until, stampMs } = said;
  if (!isOneOf(kind, ['lease', 'withdrawal', 'sweep']) || !isText(origin)) return undefined;
  if (!isCount(stampMs)) return undefined;
  const isEnd = isCount(until) || isOneOf(until, ['never', 'default']);
  return { kind, origin, ...(isEnd ? { until } : {}), stampMs, ...optionalTexts(said, ['reason']) };
}

function readListed(said: Fields): ListedLease | undefined {
  const { address, origin, until, stampMs } = said;
  if (!isText(address) || !isText(origin) || !isCount(stampMs)) return undefined;
  if (!isCount(until) && !isOneOf(until, ['never', 'default'])) return undefined;
  return {
    ...{ address, origin, until, stampMs, ...optionalTexts(said, ['reason']) },
    ...(said['inForce'] === false ? { inForce: false as const } : {}),
  };
}

function readProtected(said: unknown): Pick<WhyReply, 'protected'> {
  if (!isObject(said)) return {};
  const { address, because } = said;
  return isText(address) && isText(because) ? { protected: { address, because } } : {};
}

/** @returns undefined where it is no list, is too long, or holds what cannot be read */
function listOf<Item>(
  said: unknown,
  most: number,
  read: (said: Fields) => Item | undefined,
): Item[] | undefined {
  if (!Array.isArray(said) || said.length > most) return undefined;
  const items: Item[] = [];
  for (const one of said as unknown[]) {
    const item = isObject(one) ? read(one) : undefined;
    if (item === undefined) return undefined;
    items.push(item);
  }
  return items;
}

function optionalTexts<Key extends string>(
  said: Fields,
  keys: readonly Key[],
): Partial<Record<Key, string>> {
  const texts: Partial<Record<Key, string>> = {};
  for (const key of keys) {
    const text = said[key];
    if (isText(text)) texts[key] = text;
  }
  return texts;
}

function isObject(said: unknown): said is Fields {
  return typeof said === 'object' && said !== null && !Array.isArray(said);
}

function isText(said: unknown): said is string {
  return typeof said === 'string' && said.length <= 1_024;
}

function isCount(said: unknown): said is number {
  return typeof said === 'number' && said >= 0 && said <= Number.MAX_SAFE_INTEGER;
}

function isOneOf<Word extends string>(said: unknown, words: readonly Word[]): said is Word {
  return (words as readonly unknown[]).includes(said);
}

function malformed(detail: string): Result<never, MessageFault> {
  return failure('malformed', detail);
}
