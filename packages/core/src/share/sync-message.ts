import { BUCKETS, GROUPS } from '../lease/item-hash.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import { failure, success, type Result } from '../words/result.js';
import { decodePiece } from './decode-piece.js';
import { BYTES_OF_BUCKETS, BYTES_OF_GROUPS, flagsOf, fromBase64, toBase64 } from './digest-text.js';
import type { Piece } from './encode-piece.js';
import { FINGERPRINT_BYTES } from './fingerprint.js';
import { readObject, VERSION, type MessageFault } from '../message/versioned-object.js';
import { isNodeName } from '../words/names.js';

/** Of a repair message. The largest of ours have some 30 KiB. */
export const MOST_SYNC_BYTES = 128 * 1024;
/** Fingerprints in one `list` at most. */
export const MOST_IN_LIST = 8_192;
/** Fingerprints of one chunk at most, in however many lists. */
export const MOST_IN_CHUNK = 65_536;

/** Who says it, of which topic prefix, and in which pull. */
export interface SyncHead {
  readonly from: string;
  readonly topic: string;
  /** 16 hexadecimal digits, which whoever asks has thrown. */
  readonly id: string;
}

/** What the two sides of a pull say to each other. `asks` is who began it, `answers` the other. */
export type SyncBody<Columns> =
  /** asks: my 64 group digests. */
  | { readonly kind: 'compare'; readonly groups: Uint8Array }
  /** answers: they are mine too. */
  | { readonly kind: 'same' }
  /** answers: later, or ask another. */
  | { readonly kind: 'busy' }
  /** answers: the 64 bucket digests of each group that differs. */
  | {
      readonly kind: 'buckets';
      readonly groups: readonly number[];
      readonly digests: Uint8Array;
      /** I know what there is to know: what I lack is over. */
      readonly whole: boolean;
    }
  /** asks: in these buckets I have these. With `more` another list of this chunk follows. */
  | {
      readonly kind: 'list';
      readonly chunk: number;
      readonly number: number;
      readonly buckets: Uint8Array;
      readonly have: Uint8Array;
      readonly more: boolean;
    }
  /** answers: this you lack. Numbered from 0 in each chunk. */
  | {
      readonly kind: 'piece';
      readonly chunk: number;
      readonly number: number;
      readonly columns: Columns;
    }
  /** asks: piece `number` and all before it are taken. */
  | { readonly kind: 'more'; readonly chunk: number; readonly number: number }
  /** answers: that was all; of your list I lack those whose bit is set. */
  | {
      readonly kind: 'end';
      readonly chunk: number;
      readonly number: number;
      readonly need: Uint8Array;
    }
  /** asks: this you lack. */
  | {
      readonly kind: 'give';
      readonly chunk: number;
      readonly number: number;
      readonly columns: Columns;
    }
  /** answers: what you gave is taken. */
  | { readonly kind: 'taken'; readonly chunk: number; readonly number: number }
  /** asks: the pull is over. */
  | { readonly kind: 'done' }
  /** To oneself: whether it comes back. */
  | { readonly kind: 'echo' };

export type SyncMessage = SyncHead & SyncBody<RegisterColumns>;
export type OutgoingSync = SyncBody<Piece>;

export function encodeSync(head: SyncHead, body: OutgoingSync): string {
  const { from, topic, id } = head;
  const said = Object.entries(body).map(([key, value]: [string, unknown]) => [
    key,
    value instanceof Uint8Array ? toBase64(value) : value,
  ]);
  return JSON.stringify({ v: VERSION, from, topic, id, ...Object.fromEntries(said) });
}

export function parseSync(payload: Uint8Array): Result<SyncMessage, MessageFault> {
  const read = readObject(payload, MOST_SYNC_BYTES);
  if (!read.ok) return read;
  const { from, topic, id } = read.value;
  if (!isNodeName(from)) return malformed('its sender has no name');
  if (typeof topic !== 'string') return malformed('it names no topic');
  if (typeof id !== 'string' || !/^[0-9a-f]{16}$/.test(id)) return malformed('it has no id');
  const body = parseBody(read.value);
  return body.ok ? success({ from, topic, id, ...body.value }) : body;
}

function parseBody(said: Record<string, unknown>): Result<SyncBody<RegisterColumns>, MessageFault> {
  const { kind } = said;
  const chunk = count(said['chunk']);
  const number = count(said['number']);
  switch (kind) {
    case 'same':
    case 'busy':
    case 'done':
    case 'echo':
      return success({ kind });
    case 'compare': {
      const groups = fromBase64(said['groups'], BYTES_OF_GROUPS, BYTES_OF_GROUPS);
      return groups ? success({ kind, groups }) : malformed('it compares no digests');
    }
    case 'buckets':
      return parseBuckets(said);
    case 'list': {
      const buckets = fromBase64(said['buckets'], BUCKETS / 8, BUCKETS / 8);
      const have = fromBase64(said['have'], 0, FINGERPRINT_BYTES * MOST_IN_LIST);
      if (chunk === undefined || number === undefined || buckets === undefined) break;
      if (have === undefined || have.length % FINGERPRINT_BYTES !== 0) break;
      return success({ kind, chunk, number, buckets, have, more: said['more'] === true });
    }
    case 'piece':
    case 'give': {
      const columns = decodePiece(said['columns']);
      if (!columns.ok) return malformed(columns.detail);
      if (chunk === undefined || number === undefined) break;
      return success({ kind, chunk, number, columns: columns.value });
    }
    case 'end': {
      const need = fromBase64(said['need'], 0, MOST_IN_CHUNK / 8);
      if (chunk === undefined || number === undefined || need === undefined) break;
      return success({ kind, chunk, number, need });
    }
    case 'more':
    case 'taken':
      if (chunk === undefined || number === undefined) break;
      return success({ kind, chunk, number });
    default:
      return malformed('it is of a kind that nobody knows');
  }
  return malformed('it lacks what it is about');
}

function parseBuckets(
  said: Record<string, unknown>,
): Result<SyncBody<RegisterColumns>, MessageFault> {
  const { groups } = said;
  if (!Array.isArray(groups) || groups.length === 0 || groups.length > GROUPS) {
    return malformed('it names no groups');
  }
  const numbers = groups as unknown[];
  const isRising = numbers.every(
    (group, index) =>
      count(group) !== undefined &&
      Number(group) < GROUPS &&
      (index === 0 || Number(group) > Number(numbers[index - 1])),
  );
  const bytes = BYTES_OF_BUCKETS * groups.length;
  const digests = fromBase64(said['digests'], bytes, bytes);
  if (!isRising || digests === undefined) return malformed('its groups are not in order');
  return success({
    kind: 'buckets',
    groups: numbers.map(Number),
    digests,
    whole: said['whole'] === true,
  });
}

function count(value: unknown): number | undefined {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff_ffff
    ? value
    : undefined;
}

function malformed(detail: string): Result<never, MessageFault> {
  return failure('malformed', detail);
}

/** Bucket flags from the bitmap of a `list`. */
export function bucketFlags(bitmap: Uint8Array): Uint8Array {
  return flagsOf(bitmap, BUCKETS);
}
