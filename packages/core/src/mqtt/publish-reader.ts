import type { TransportMessage } from '../transport/transport.js';
import { readNumberProperties, type PropertyKinds } from './number-properties.js';
import { malformed, readVariableByteInteger } from './variable-byte-integer.js';

/** A message that the broker delivers. */
export interface Publication {
  readonly kind: 'publish';
  readonly qos: 0 | 1 | 2;
  /** 0 at QoS 0. */
  readonly packetId: number;
  readonly message: TransportMessage;
}

const RETAIN = 0x01;
const MESSAGE_EXPIRY_INTERVAL = 0x02;
/** Section 3.3.2.3. */
const KINDS: PropertyKinds = {
  0x01: 'byte', // Payload Format Indicator
  [MESSAGE_EXPIRY_INTERVAL]: 'uint32',
  0x03: 'string', // Content Type
  0x08: 'string', // Response Topic
  0x09: 'string', // Correlation Data
  0x0b: 'integer', // Subscription Identifier
  0x23: 'uint16', // Topic Alias
  0x26: 'pair', // User Property
};

/**
 * Reads PUBLISH packets (MQTT 5 section 3.3), of which there are more than of all others together:
 *
 *     30 0f 00 04 'b' 'a' 'n' 's' 00 '1' '.' '2' '.' '3' '.' '4'
 *
 * QoS 0, not retained, topic, no properties (MQTT 5 only), payload.
 */
export class PublishReader {
  readonly #hasProperties: boolean;
  #topic = '';
  #topicBytes = new Uint8Array(0);

  constructor(protocolVersion: 4 | 5) {
    this.#hasProperties = protocolVersion === 5;
  }

  /**
   * @param from behind the length; the payload is a view of the bytes
   * @throws Error where it is no PUBLISH
   */
  read(first: number, bytes: Buffer, from: number, end: number): Publication {
    const qos = (first >> 1) & 0x03;
    if (qos === 3) throw malformed('a PUBLISH of QoS 3');
    const topicAt = from + 2;
    const topicEnd = topicAt + uint16(bytes, from, end);
    let at = topicEnd;
    let packetId = 0;
    if (qos > 0) {
      packetId = uint16(bytes, at, end);
      at += 2;
    }
    let expiresInSeconds: number | undefined;
    if (this.#hasProperties) {
      const propertiesAt = at;
      at = skipProperties(bytes, at, end);
      // Most have none, and so a single byte.
      if (at > propertiesAt + 1 && at <= end)
        expiresInSeconds = findExpiry(bytes, propertiesAt, at);
    }
    if (at > end) throw malformed('a PUBLISH that ends early');
    // Without a topic it would take one from an alias, and we allow none.
    if (topicEnd === topicAt) throw malformed('a PUBLISH without a topic');
    const topic = this.#readTopic(bytes, topicAt, topicEnd);
    const payload = bytes.subarray(at, end);
    const retained = (first & RETAIN) !== 0;
    return {
      kind: 'publish',
      qos: qos as 0 | 1 | 2,
      packetId,
      message:
        expiresInSeconds === undefined
          ? { topic, payload, retained }
          : { topic, payload, retained, expiresInSeconds },
    };
  }

  /** Messages come by the thousand on one topic, and comparing is cheaper than decoding. */
  #readTopic(bytes: Buffer, from: number, end: number): string {
    const last = this.#topicBytes;
    let same = end - from === last.length;
    for (let index = 0; same && index < last.length; index++) {
      same = bytes[from + index] === last[index];
    }
    if (!same) {
      this.#topic = bytes.toString('utf8', from, end);
      this.#topicBytes = Uint8Array.prototype.slice.call(bytes, from, end);
    }
    return this.#topic;
  }
}

function uint16(bytes: Buffer, at: number, end: number): number {
  if (at + 2 > end) throw malformed('a PUBLISH that ends early');
  return ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
}

/** Of the properties (`05 02 00 00 0e 10`: 3,600 s); what else is in them, and how, matters to nobody. */
function findExpiry(bytes: Buffer, at: number, end: number): number | undefined {
  const from = readVariableByteInteger(bytes, at)?.end ?? end;
  try {
    const numbers = readNumberProperties(bytes.subarray(from, end), KINDS);
    return 'unknown' in numbers ? undefined : numbers.get(MESSAGE_EXPIRY_INTERVAL);
  } catch {
    return undefined;
  }
}

function skipProperties(bytes: Buffer, at: number, end: number): number {
  // Brokers send none unless the publisher did.
  if (at < end && bytes[at] === 0) return at + 1;
  const length = readVariableByteInteger(bytes.subarray(0, end), at);
  if (length === undefined) throw malformed('a PUBLISH that ends early');
  return length.end + length.value;
}
