import { VallumError } from '../words/errors.js';
import type { OutgoingMessage } from '../transport/transport.js';
import type { LinkOptions } from './link-options.js';
import { reasonText } from './reason-text.js';

/** What a broker says in its CONNACK about the messages it takes (MQTT 5 section 3.2.2.3). */
export interface PublishLimits {
  readonly maximumPacketSize?: number | undefined;
  readonly retainAvailable?: boolean | undefined;
  readonly maximumQoS?: number | undefined;
}

/** Fixed header 5, topic length 2, packet identifier 2, properties 1 + 5. */
const PUBLISH_OVERHEAD = 15;

/** Why the broker would hang up on this message, or undefined. */
export function exceedsLimits(
  message: OutgoingMessage,
  limits: PublishLimits | undefined,
): VallumError | undefined {
  const size =
    Buffer.byteLength(message.topic) + Buffer.byteLength(message.payload) + PUBLISH_OVERHEAD;
  const limit = limits?.maximumPacketSize;
  if (limit !== undefined && size > limit) {
    return refusal(
      `a message of ${size} bytes exceeds what the broker takes (${limit}): put fewer entries in one`,
    );
  }
  return message.retain === true && limits?.retainAvailable === false
    ? refusal('the broker keeps no retained messages: allow them in its configuration')
    : undefined;
}

/**
 * Exactly-once across connections would need a store of our own; on a persistent session the broker
 * would keep half of each broken exchange. Every message of Vallum is idempotent.
 */
export function usableQos(
  message: OutgoingMessage,
  { cleanSession }: Pick<LinkOptions, 'cleanSession'>,
  limits: PublishLimits | undefined,
): 0 | 1 | 2 {
  const highest = Math.min(cleanSession ? 2 : 1, limits?.maximumQoS ?? 2);
  return Math.min(message.qos ?? 1, highest) as 0 | 1 | 2;
}

/** A reason code of 0x80 or above in a PUBACK or PUBREC. */
export function messageRefused(code: number): VallumError {
  return refusal(`the broker refused the message: ${reasonText(code)}`);
}

function refusal(message: string): VallumError {
  return new VallumError(message, { code: 'BROKER_REFUSED', operation: 'mqtt publish' });
}
