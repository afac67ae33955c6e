import type { TransportMessage } from '../transport/transport.js';
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
    if (this.#hasProperties) at = skipProperties(bytes, at, end);
    if (at > end) throw malformed('a PUBLISH that ends early');
    // Without a topic it would take one from an alias, and we allow none.
    if (topicEnd === topicAt) throw malformed('a PUBLISH without a topic');
    return {
      kind: 'publish',
      qos: qos as 0 | 1 | 2,
      packetId,
      message: {
        topic: this.#readTopic(bytes, topicAt, topicEnd),
        payload: bytes.subarray(at, end),
        retained: (first & RETAIN) !== 0,
      },
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

/** An expiry interval, a content type: nothing that matters here. */
function skipProperties(bytes: Buffer, at: number, end: number): number {
  // Brokers send none unless the publisher did.
  if (at < end && bytes[at] === 0) return at + 1;
  const length = readVariableByteInteger(bytes.subarray(0, end), at);
  if (length === undefined) throw malformed('a PUBLISH that ends early');
  return length.end + length.value;
}
