import type { Address } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import { AS_THE_SET_SAYS, NEVER } from '../message/entry-columns.js';
import { parseOrigin, parseSetName, type SetName } from '../words/names.js';

/** One line of the journal of versions up to 0.3. */
export interface OldRecord {
  readonly op: 'ban' | 'unban' | 'cleared';
  readonly set: SetName;
  readonly address: Address;
  /** '' for an anonymous ban, and for an unban of every origin's. */
  readonly origin: string;
  /** Of a ban: Unix seconds, `NEVER` or `AS_THE_SET_SAYS`. */
  readonly until: number;
  readonly reason: string;
}

/**
 * Reads one line, such as
 * `{"op":"ban","set":"blacklist","address":"192.0.2.7","origin":"web1","until":1795420000}`.
 *
 * @returns undefined for a line that is no record: cut off by a crash, or edited by hand
 */
export function decodeOldRecord(line: string): OldRecord | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { op, set, address, origin, until, reason } = value as Record<string, unknown>;
  const name = parseSetName(textOf(set));
  const place = parseAddress(textOf(address));
  const from = originOf(origin);
  if (!name.ok || !place.ok || from === undefined) return undefined;
  const record = { set: name.value, address: place.value, origin: from, until: 0, reason: '' };
  switch (op) {
    case 'ban': {
      const end = endOf(until);
      return end === undefined ? undefined : { ...record, op, until: end, reason: textOf(reason) };
    }
    case 'unban':
      return { ...record, op };
    case 'cleared':
      return { ...record, op };
    default:
      return undefined;
  }
}

/** '' is neither name nor address. */
function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function originOf(value: unknown): string | undefined {
  if (value === undefined || value === '') return '';
  const origin = parseOrigin(textOf(value));
  return origin.ok ? origin.value : undefined;
}

function endOf(value: unknown): number | undefined {
  if (value === 'never') return NEVER;
  if (value === 'default') return AS_THE_SET_SAYS;
  return Number.isSafeInteger(value) ? (value as number) : undefined;
}
