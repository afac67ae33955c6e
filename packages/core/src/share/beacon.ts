import { failure, success, type Result } from '../words/result.js';
import { MAX_UNIX_SECONDS } from '../words/unix-time.js';
import { isWholeText } from './digest-text.js';
import { readObject, VERSION, type MessageFault } from '../message/versioned-object.js';
import { isNodeName } from '../words/names.js';

export const MOST_BEACON_BYTES = 4_096;

/**
 * "This is my digest", on `T/sync`:
 *
 *     {"v":1,"node":"web1","digest":"0f3a55d2c01b7e64","at":1795420003125}
 */
export interface Beacon {
  readonly node: string;
  /** 16 hexadecimal digits; a sum of none is all zeros. */
  readonly digest: string;
  /** The node's clock, Unix milliseconds: tells which ten seconds the digest is of. */
  readonly at: number;
  /** The node has just come: who differs should say so soon. */
  readonly ask?: boolean;
  /** The node takes and does not give: it was away for longer than withdrawals are remembered. */
  readonly takes?: boolean;
}

export function encodeBeacon({ node, digest, at, ask, takes }: Beacon): string {
  return JSON.stringify({
    ...{ v: VERSION, node, digest, at },
    ...(ask === true ? { ask } : {}),
    ...(takes === true ? { takes } : {}),
  });
}

export function parseBeacon(payload: Uint8Array): Result<Beacon, MessageFault> {
  const read = readObject(payload, MOST_BEACON_BYTES);
  if (!read.ok) return read;
  const { node, digest, at, ask, takes } = read.value;
  if (!isNodeName(node)) return failure('malformed', 'its node name is none');
  if (!isWholeText(digest)) return failure('malformed', 'its digest is not 16 hexadecimal digits');
  if (!Number.isSafeInteger(at) || Number(at) < 0 || Number(at) > 1000 * MAX_UNIX_SECONDS) {
    return failure('malformed', 'its time is no Unix time');
  }
  return success({
    ...{ node, digest, at: Number(at) },
    ...(ask === true ? { ask } : {}),
    ...(takes === true ? { takes } : {}),
  });
}
