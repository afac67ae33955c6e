import type { PublishLimits } from './publish-limits.js';
import { PacketType } from './publish-packets.js';

/** What a broker says to a client who only publishes. */
export type Answer =
  | {
      readonly kind: 'connack';
      readonly sessionPresent: boolean;
      /** 0: accepted. A return code of 3.1.1 or a reason code of MQTT 5. */
      readonly code: number;
      readonly limits: ConnectionLimits;
    }
  | {
      readonly kind: 'puback' | 'pubrec' | 'pubcomp';
      readonly packetId: number;
      /** 0x80 and above: refused. MQTT 3.1.1 knows 0 only. */
      readonly code: number;
    }
  | { readonly kind: 'disconnect'; readonly code: number }
  | { readonly kind: 'pingresp' | 'other' };

export interface ConnectionLimits extends PublishLimits {
  readonly receiveMaximum?: number | undefined;
  readonly serverKeepAlive?: number | undefined;
}

/** No answer is near it, whatever reason string and user properties the broker puts in. */
const MOST_BYTES = 4 * 1024 * 1024;

/** Cuts the broker's bytes into packets, and reads those that matter. */
export class AnswerReader {
  readonly #protocolVersion: 4 | 5;
  #rest: Buffer = Buffer.alloc(0);

  constructor(protocolVersion: 4 | 5) {
    this.#protocolVersion = protocolVersion;
  }

  /**
   * Takes bytes as they come; returns the answers that are complete with them.
   *
   * @throws Error where the bytes are no MQTT; nothing can be read after that
   */
  read(bytes: Buffer): Answer[] {
    let rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes]);
    const answers: Answer[] = [];
    for (;;) {
      const length = readLength(rest);
      if (length === undefined || rest.length < length.end + length.value) break;
      const body = rest.subarray(length.end, length.end + length.value);
      answers.push(readAnswer(rest[0] ?? 0, body, this.#protocolVersion));
      rest = rest.subarray(length.end + length.value);
    }
    this.#rest = rest;
    return answers;
  }
}

/** The remaining length behind the first byte; undefined where it is not all there yet. */
function readLength(bytes: Buffer): { value: number; end: number } | undefined {
  if (bytes.length < 2) return undefined;
  const length = readVariableByteInteger(bytes, 1);
  if (length !== undefined && length.value > MOST_BYTES) throw malformed('a giant packet');
  return length;
}

function readVariableByteInteger(
  bytes: Buffer,
  from: number,
): { value: number; end: number } | undefined {
  let value = 0;
  for (let at = from; at < bytes.length; at += 1) {
    const byte = bytes[at] ?? 0;
    value += (byte & 0x7f) * 128 ** (at - from);
    if (byte < 0x80) return { value, end: at + 1 };
    if (at - from === 3) throw malformed('a length of more than four bytes');
  }
  return undefined;
}

function readAnswer(first: number, body: Buffer, protocolVersion: 4 | 5): Answer {
  const type = first >> 4;
  if ((first & 0x0f) !== 0 && type !== PacketType.publish) throw malformed('flags');
  switch (type) {
    case PacketType.connack:
      if (body.length < 2) throw malformed('a short CONNACK');
      return {
        kind: 'connack',
        sessionPresent: (body[0] ?? 0) === 1,
        code: body[1] ?? 0,
        limits: protocolVersion === 5 && body.length > 2 ? readLimits(body) : {},
      };
    case PacketType.puback:
      return confirmation('puback', body);
    case PacketType.pubrec:
      return confirmation('pubrec', body);
    case PacketType.pubcomp:
      return confirmation('pubcomp', body);
    case PacketType.disconnect:
      return { kind: 'disconnect', code: body[0] ?? 0 };
    case PacketType.pingresp:
      return { kind: 'pingresp' };
    default:
      return { kind: 'other' };
  }
}

function confirmation(kind: 'puback' | 'pubrec' | 'pubcomp', body: Buffer): Answer {
  if (body.length < 2) throw malformed(`a short ${kind.toUpperCase()}`);
  return { kind, packetId: body.readUInt16BE(0), code: body[2] ?? 0 };
}

/** Property identifiers and the types of their values, MQTT 5 section 2.2.2.2. */
const VALUES: Readonly<Record<number, 'byte' | 'uint16' | 'uint32' | 'string' | 'pair'>> = {
  0x11: 'uint32', // Session Expiry Interval
  0x12: 'string', // Assigned Client Identifier
  0x13: 'uint16', // Server Keep Alive
  0x15: 'string', // Authentication Method
  0x16: 'string', // Authentication Data
  0x1a: 'string', // Response Information
  0x1c: 'string', // Server Reference
  0x1f: 'string', // Reason String
  0x21: 'uint16', // Receive Maximum
  0x22: 'uint16', // Topic Alias Maximum
  0x24: 'byte', // Maximum QoS
  0x25: 'byte', // Retain Available
  0x26: 'pair', // User Property
  0x27: 'uint32', // Maximum Packet Size
  0x28: 'byte', // Wildcard Subscription Available
  0x29: 'byte', // Subscription Identifiers Available
  0x2a: 'byte', // Shared Subscription Available
};

/** Of a CONNACK. A number that ends early makes Buffer throw. */
function readLimits(body: Buffer): ConnectionLimits {
  const length = readVariableByteInteger(body, 2);
  if (length === undefined || length.end + length.value > body.length) {
    throw malformed('CONNACK properties');
  }
  const properties = body.subarray(length.end, length.end + length.value);
  const numbers = new Map<number, number>();
  let at = 0;
  const skipString = () => (at += 2 + properties.readUInt16BE(at));
  while (at < properties.length) {
    const property = properties.readUInt8(at);
    at += 1;
    switch (VALUES[property]) {
      case 'byte':
        numbers.set(property, properties.readUInt8(at));
        at += 1;
        break;
      case 'uint16':
        numbers.set(property, properties.readUInt16BE(at));
        at += 2;
        break;
      case 'uint32':
        numbers.set(property, properties.readUInt32BE(at));
        at += 4;
        break;
      case 'string':
        skipString();
        break;
      case 'pair':
        skipString();
        skipString();
        break;
      case undefined:
        throw malformed(`CONNACK property 0x${property.toString(16)}`);
    }
  }
  if (at > properties.length) throw malformed('a CONNACK property that ends early');
  const retain = numbers.get(0x25);
  return {
    serverKeepAlive: numbers.get(0x13),
    receiveMaximum: numbers.get(0x21),
    maximumQoS: numbers.get(0x24),
    retainAvailable: retain === undefined ? undefined : retain !== 0,
    maximumPacketSize: numbers.get(0x27),
  };
}

function malformed(what: string): Error {
  return new Error(`the broker's answer is malformed: ${what}`);
}
