import { createHash } from 'node:crypto';
import { parseTopicPrefix } from '@vallum/core/protocol';

/** Of a payload of `add` and its header; nothing that this program writes is nearly as long. */
export const MOST_FILE_BYTES = 256 * 1024;

/** A message that waits for its broker. */
export interface SpooledMessage {
  /** `blacklist/add` or `blacklist/del`. */
  readonly topic: string;
  /** Each entry carries its stamp, and the end of a ban is absolute. */
  readonly payload: Uint8Array;
  readonly entries: number;
  /** `broker.example:8883`: whom it is for. */
  readonly broker: string;
  readonly username?: string;
  /** Why it was not delivered, for people. */
  readonly why: string;
}

const MAGIC = 'vallum-pub 1';
const LINE_FEED = 0x0a;

/**
 * What stands in a file:
 *
 *     vallum-pub 1 <SHA-256 of the rest>
 *     {"topic":"blacklist/add","entries":1,"broker":"localhost:1883","why":"unreachable"}
 *     192.0.2.7 until 1795423603 origin web1.sshd at 1795420003125
 */
export function encodeFile({ payload, ...head }: SpooledMessage): Buffer {
  const rest = Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), payload]);
  return Buffer.concat([Buffer.from(`${MAGIC} ${digest(rest)}\n`), rest]);
}

/** @returns undefined where it is none: cut off, changed, or somebody else's */
export function decodeFile(bytes: Buffer): SpooledMessage | undefined {
  const first = bytes.indexOf(LINE_FEED);
  const rest = bytes.subarray(first + 1);
  if (first < 0 || bytes.toString('latin1', 0, first) !== `${MAGIC} ${digest(rest)}`) {
    return undefined;
  }
  const second = rest.indexOf(LINE_FEED);
  const head = second < 0 ? undefined : readHead(rest.toString('utf8', 0, second));
  return head && { ...head, payload: rest.subarray(second + 1) };
}

function readHead(text: string): Omit<SpooledMessage, 'payload'> | undefined {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const { topic, entries, broker, username, why } = said as Record<string, unknown>;
  const isWhole =
    typeof topic === 'string' &&
    isTopic(topic) &&
    typeof entries === 'number' &&
    typeof broker === 'string' &&
    typeof why === 'string';
  if (!isWhole) return undefined;
  return { topic, entries, broker, why, ...(typeof username === 'string' ? { username } : {}) };
}

/** Bans and unbans; whoever may write here may send nothing else by it. */
function isTopic(topic: string): boolean {
  const prefix = /^(.+)\/(?:add|del)$/.exec(topic)?.[1];
  return prefix !== undefined && parseTopicPrefix(prefix).ok;
}

function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** A bare address says nothing of its moment, as the ancestor's did; what is sent later has to. */
export function withStamps(payload: Uint8Array, askedMs: number): Buffer {
  const lines = Buffer.from(payload).toString().split('\n');
  const stamped = lines.map((line) =>
    line === '' || line.includes(' ') ? line : `${line} at ${Math.floor(askedMs).toString()}`,
  );
  return Buffer.from(stamped.join('\n'));
}
