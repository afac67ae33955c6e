import type { PublishLimits } from './publish-limits.js';
import { malformed, readVariableByteInteger } from './variable-byte-integer.js';

export interface ConnectionLimits extends PublishLimits {
  readonly receiveMaximum?: number | undefined;
  readonly serverKeepAlive?: number | undefined;
  /** How long the broker keeps the session, where that is not what it was asked for. */
  readonly sessionExpiryInterval?: number | undefined;
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

/**
 * Reads the properties of a CONNACK.
 *
 * @throws Error where they end early
 */
export function readLimits(body: Buffer): ConnectionLimits {
  const length = readVariableByteInteger(body, 2);
  if (length === undefined || length.end + length.value > body.length) {
    throw malformed('CONNACK properties');
  }
  const properties = body.subarray(length.end, length.end + length.value);
  const numbers = new Map<number, number>();
  let at = 0;
  // A number that ends early makes Buffer throw.
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
    sessionExpiryInterval: numbers.get(0x11),
    serverKeepAlive: numbers.get(0x13),
    receiveMaximum: numbers.get(0x21),
    maximumQoS: numbers.get(0x24),
    retainAvailable: retain === undefined ? undefined : retain !== 0,
    maximumPacketSize: numbers.get(0x27),
  };
}
