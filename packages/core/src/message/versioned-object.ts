import { decodeUtf8, parseJson } from './payload.js';
import { failure, success, type Result } from '../words/result.js';

/** Of beacons, repair messages, questions and answers. Keys that a version does not know it passes over. */
export const VERSION = 1;

/** Why a message between nodes was not read. `newer`: a later version wrote it. */
export type MessageFault = 'too-large' | 'malformed' | 'newer';

/** A JSON object of this version. */
export function readObject(
  payload: Uint8Array,
  mostBytes: number,
): Result<Record<string, unknown>, MessageFault> {
  if (payload.length > mostBytes) {
    return failure('too-large', `it has ${payload.length} bytes, and ${mostBytes} are the most`);
  }
  const text = decodeUtf8(payload);
  if (text === undefined) return failure('malformed', 'it is no UTF-8');
  const json = parseJson(text);
  if (!json.ok) return failure('malformed', 'it is no JSON');
  const { value } = json;
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return failure('malformed', 'it is no JSON object');
  }
  const object = value as Record<string, unknown>;
  const version = object['v'];
  if (version === VERSION) return success(object);
  return typeof version === 'number' && version > VERSION
    ? failure('newer', 'it is of a newer version: update this node')
    : failure('malformed', 'it has no version');
}

/**
 * Whether there is nothing in it for this version: `{"v":1,"x-probe":"…"}`. What asks for nothing may be
 * sent to find out whether it comes back, and no node has anything to say to it.
 */
export function saysNothing(payload: Uint8Array, mostBytes: number): boolean {
  const read = readObject(payload, mostBytes);
  if (!read.ok) return false;
  const keys = Object.keys(read.value).filter((key) => key !== 'v');
  return keys.length > 0 && keys.every((key) => key.startsWith('x-'));
}
