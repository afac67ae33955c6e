import type { Transport, TransportMessage } from '@vallum/core';
import { STATUS_KEPT_SECONDS } from '../status/status-messages.js';

/** What the broker keeps of a node: its retained status, or the last will in its place. */
export interface KeptStatus {
  readonly state: 'online' | 'offline' | 'stopped';
  readonly version?: string;
  /**
   * How many seconds ago the broker got it, by its own clock; missing: it does not tell. Of a last will that is
   * when it noticed that the node had vanished.
   */
  readonly ageSeconds?: number;
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
      message: (message) => {
        const { topic, payload } = message;
        const node = topic.slice(topic.indexOf('/') + 1);
        const status = payload.length <= MOST_BYTES ? readKept(message) : undefined;
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

function readKept(message: TransportMessage): KeptStatus | undefined {
  let said: unknown;
  try {
    said = JSON.parse(new TextDecoder().decode(message.payload));
  } catch {
    // Somebody else's words.
    return undefined;
  }
  if (typeof said !== 'object' || said === null) return undefined;
  const { state, version } = said as Record<string, unknown>;
  if (state !== 'online' && state !== 'offline' && state !== 'stopped') return undefined;
  const isText = typeof version === 'string' && version.length <= 64;
  const ageSeconds = ageOf(message);
  return {
    state,
    ...(isText ? { version } : {}),
    ...(ageSeconds === undefined ? {} : { ageSeconds }),
  };
}

/**
 * MQTT 5 [3.3.2-6]: what is left of a message's time is what it was given, less how long it has waited. Of one
 * that has all of it left nobody knows whether it is new, or the broker does not count.
 */
function ageOf({ retained, expiresInSeconds = 0 }: TransportMessage): number | undefined {
  if (!retained) return 0;
  const isCounted = expiresInSeconds > 0 && expiresInSeconds < STATUS_KEPT_SECONDS;
  return isCounted ? STATUS_KEPT_SECONDS - expiresInSeconds : undefined;
}
