import type { Address } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import { isNodeName, parseOrigin, type Origin } from '../words/names.js';
import { failure, success, type Result } from '../words/result.js';
import { readObject, VERSION, type MessageFault } from './versioned-object.js';

/** Of a question: a thousand IPv6 prefixes fit. */
export const MOST_QUESTION_BYTES = 64 * 1024;
/** The most addresses that one question may be about. */
export const MOST_ADDRESSES_ASKED = 1_000;
/** The most addresses that an answer to `leases` names. */
export const MOST_LEASES_LISTED = 1_000;
/** How long a node may be asked to wait before it answers. */
export const MOST_WAIT_MS = 10_000;

const REPLY = /^vallumd\/reply\/([^/]+)$/;

/**
 * `why`: what do you know of it. `held`: is it in your kernel sets. `gone`: is it out of them. `status`: how
 * are you. `leases`: what has this origin banned; without one, what has anybody asked for.
 */
export type QuestionKind = 'why' | 'held' | 'gone' | 'status' | 'leases';

/** How many addresses each is about: at least, and at most. */
const ADDRESSES: Readonly<Record<QuestionKind, readonly [number, number]>> = {
  ...{ why: [1, 1], status: [0, 0], leases: [0, 0] },
  ...{ held: [1, MOST_ADDRESSES_ASKED], gone: [1, MOST_ADDRESSES_ASKED] },
};

/**
 * What somebody asks all nodes on `T/ask`:
 *
 *     {"v":1,"id":"0f3a55d2c01b7e64","reply":"vallumd/reply/web1","kind":"held",
 *      "addresses":["203.0.113.7"],"origin":"web1.sshd","at":1795420003125,"wait":2000}
 */
export interface Question {
  /** 16 hexadecimal digits, which answers carry too. */
  readonly id: string;
  /** Where answers go: `vallumd/reply/<client>`, and nowhere else. */
  readonly reply: string;
  readonly kind: QuestionKind;
  /** 1 to 1,000; of `why` one, of `status` and `leases` none. */
  readonly addresses: readonly Address[];
  /** Of `held` and `gone`: what this origin has asked for at `stampMs` has to be known. Of `leases`: whose; without it everybody's, in full. */
  readonly origin?: Origin;
  /** Unix milliseconds. */
  readonly stampMs?: number;
  /** Of `held` and `gone`: how long a node may take until it is so, before it answers all the same. */
  readonly waitMs: number;
  /** Of `leases`: addresses from this one on, in the order of the node. Default: how many there are. */
  readonly offset?: number;
  /** Of `leases`: only this node is to answer. Default: all. */
  readonly node?: string;
}

/** The topic for answers to a client: a level of a topic, 1 to 128 characters. */
export function replyTopic(client: string): string {
  return `vallumd/reply/${client}`;
}

/** Writes a question. */
export function encodeQuestion(question: Question): string {
  const { id, reply, kind, addresses, origin, stampMs, waitMs, offset, node } = question;
  return JSON.stringify({
    ...{ v: VERSION, id, reply, kind, addresses: addresses.map(({ text }) => text) },
    ...(origin === undefined ? {} : { origin }),
    ...(stampMs === undefined ? {} : { at: stampMs }),
    ...(waitMs === 0 ? {} : { wait: waitMs }),
    ...(offset === undefined ? {} : { offset }),
    ...(node === undefined ? {} : { node }),
  });
}

/** Reads a question; what cannot be used is refused. */
export function parseQuestion(payload: Uint8Array): Result<Question, MessageFault> {
  const read = readObject(payload, MOST_QUESTION_BYTES);
  if (!read.ok) return read;
  const { id, reply, kind, addresses, origin, at, wait = 0, offset, node } = read.value;
  if (!isId(id)) return malformed('it has no id');
  const client = typeof reply === 'string' ? REPLY.exec(reply)?.[1] : undefined;
  if (typeof reply !== 'string' || !isNodeName(client)) {
    return malformed('it names no topic vallumd/reply/<client> for the answer');
  }
  if (!isKind(kind)) return malformed('it asks for what nobody knows');
  const [least, most] = ADDRESSES[kind];
  if (!Array.isArray(addresses) || addresses.length < least || addresses.length > most) {
    return malformed(`it has to name ${String(least)} to ${String(most)} addresses`);
  }
  const asked: Address[] = [];
  for (const text of addresses as unknown[]) {
    const parsed = typeof text === 'string' ? parseAddress(text) : undefined;
    if (parsed?.ok !== true) return malformed('it names what is no address');
    asked.push(parsed.value);
  }
  const name = typeof origin === 'string' ? parseOrigin(origin) : undefined;
  if (origin !== undefined && name?.ok !== true) return malformed('its origin is none');
  if (at !== undefined && !isCount(at, Number.MAX_SAFE_INTEGER))
    return malformed('its stamp is none');
  if (!isCount(wait, MOST_WAIT_MS)) return malformed('it waits too long, or for no time');
  if (offset !== undefined && !(isCount(offset, 2 ** 31) && Number.isInteger(offset)))
    return malformed('its offset is none');
  if (node !== undefined && !isNodeName(node)) return malformed('it names no node');
  return success({
    ...{ id, reply, kind, addresses: asked, waitMs: wait },
    ...(name?.ok === true ? { origin: name.value } : {}),
    ...(at === undefined ? {} : { stampMs: at }),
    ...(offset === undefined ? {} : { offset }),
    ...(node === undefined ? {} : { node }),
  });
}

function isKind(kind: unknown): kind is QuestionKind {
  return typeof kind === 'string' && Object.hasOwn(ADDRESSES, kind);
}

export function isId(id: unknown): id is string {
  return typeof id === 'string' && /^[0-9a-f]{16}$/.test(id);
}

function isCount(value: unknown, most: number): value is number {
  return typeof value === 'number' && value >= 0 && value <= most;
}

function malformed(detail: string): Result<never, MessageFault> {
  return failure('malformed', detail);
}
