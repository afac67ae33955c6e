import type { OutgoingMessage } from '@vallum/core';

/**
 * How long the broker keeps a status that nobody renews (MQTT 5): who was gone for a month is forgotten. What
 * is left of it tells how long ago a status was said, or a last will published, without asking any clock.
 */
export const STATUS_KEPT_SECONDS = 30 * 86_400;

/** Who says it, and since when. Times are Unix seconds. */
export interface StatusHead {
  readonly node: string;
  readonly version: string;
  /** When the process was started. */
  readonly since: number;
}

export function statusTopic(node: string): string {
  return `vallumd/${node}`;
}

/** What the broker publishes when the node vanishes. It cannot say when that will be. */
export function lastWill(head: StatusHead, connected: number): string {
  return JSON.stringify({ state: 'offline', ...head, connected });
}

export function statusMessage(node: string, payload: string, qos: 0 | 1): OutgoingMessage {
  const topic = statusTopic(node);
  return { topic, payload, qos, retain: true, expirySeconds: STATUS_KEPT_SECONDS };
}
