import type { TransportMessage } from '@vallum/core';

/** Where nodes keep their status: one level below it. */
export const STATUS_FILTER = 'vallumd/+';

const MOST_STATUS_BYTES = 64 * 1024;
const MOST_LISTED = 1_000;

/** What a node's status says, as far as it matters to who asks. */
export interface NodeStatus {
  readonly node: string;
  readonly isUp: boolean;
  /** `offline`, `stopped`. */
  readonly state: string;
  /** Sets that it has, and topics whose ledgers it keeps. */
  readonly sets: readonly string[];
  readonly topics: readonly string[];
}

/** Reads `vallumd/<node>`; undefined: it is none. Whatever stands there anybody may have written. */
export function readNodeStatus({ topic, payload }: TransportMessage): NodeStatus | undefined {
  const node = topic.slice('vallumd/'.length);
  if (node === '' || node.includes('/') || payload.length > MOST_STATUS_BYTES) return undefined;
  let said: unknown;
  try {
    said = JSON.parse(Buffer.from(payload).toString());
  } catch {
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const { state, sets, ledgers } = said as Record<string, unknown>;
  if (typeof state !== 'string') return undefined;
  return {
    ...{ node, state, isUp: state === 'online' },
    sets: textsOf(sets, 'set'),
    topics: textsOf(ledgers, 'topic'),
  };
}

/** Whether it is up, and takes bans of this topic into this set. */
export function isServing(status: NodeStatus, topic: string, set: string): boolean {
  if (!status.isUp) return false;
  return status.topics.includes(topic) || (status.topics.length === 0 && status.sets.includes(set));
}

function textsOf(list: unknown, key: string): string[] {
  if (!Array.isArray(list)) return [];
  return (list as unknown[]).slice(0, MOST_LISTED).flatMap((one) => {
    const text =
      typeof one === 'object' && one !== null ? (one as Record<string, unknown>)[key] : undefined;
    return typeof text === 'string' ? [text] : [];
  });
}
