import type { PublishLimits } from './publish-limits.js';
import { readNumberProperties, type PropertyKinds } from './number-properties.js';
import { malformed, readVariableByteInteger } from './variable-byte-integer.js';

export interface ConnectionLimits extends PublishLimits {
  readonly receiveMaximum?: number | undefined;
  readonly serverKeepAlive?: number | undefined;
  /** How long the broker keeps the session, where that is not what it was asked for. */
  readonly sessionExpiryInterval?: number | undefined;
}

/** MQTT 5 section 3.2.2.3. */
const KINDS: PropertyKinds = {
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
  const numbers = read(body.subarray(length.end, length.end + length.value));
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

function read(properties: Buffer): ReadonlyMap<number, number> {
  let numbers: ReturnType<typeof readNumberProperties>;
  try {
    numbers = readNumberProperties(properties, KINDS);
  } catch {
    throw malformed('a CONNACK property that ends early');
  }
  if (!('unknown' in numbers)) return numbers;
  throw malformed(`CONNACK property 0x${numbers.unknown.toString(16)}`);
}
