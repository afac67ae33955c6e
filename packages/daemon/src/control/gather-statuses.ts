import type { Transport } from '@vallum/core';

/** What the broker keeps of a node: its retained status, or the last will in its place. */
export interface KeptStatus {
  readonly state: 'online' | 'offline' | 'stopped';
  readonly version?: string;
}

const FILTER = 'vallumd/+';
const MOST_NODES = 10_000;
const MOST_BYTES = 64 * 1024;

/**
 * Reads `vallumd/+` over a connection of its own, which ends with it. A broker whose rules do not let this
 * node read there says nothing, and so does one that has no retained messages under wildcards.
 *
 * @param withinMs how long is waited for them
 */
export async function gatherStatuses(
  connect: () => Transport,
  withinMs: number,
): Promise<ReadonlyMap<string, KeptStatus>> {
  const found = new Map<string, KeptStatus>();
  const transport = connect();
  try {
    transport.subscribe([{ filter: FILTER, qos: 0 }]);
    transport.open({
      message: ({ topic, payload }) => {
        const node = topic.slice(topic.indexOf('/') + 1);
        const status = payload.length <= MOST_BYTES ? readKept(payload) : undefined;
        if (status !== undefined && (found.has(node) || found.size < MOST_NODES)) {
          found.set(node, status);
        }
        return Promise.resolve();
      },
      connection: () => undefined,
    });
    await new Promise((resolve) => setTimeout(resolve, withinMs));
  } finally {
    await transport.close();
  }
  return found;
}

function readKept(payload: Uint8Array): KeptStatus | undefined {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(payload));
  } catch {
    // Somebody else's words.
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const { state, version } = said as Record<string, unknown>;
  if (state !== 'online' && state !== 'offline' && state !== 'stopped') return undefined;
  const isText = typeof version === 'string' && version.length <= 64;
  return { state, ...(isText ? { version } : {}) };
}
