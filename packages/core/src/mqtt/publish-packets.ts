import type { LinkOptions } from './link-options.js';

// The packets that a client sends who only publishes, as MQTT 3.1.1 and MQTT 5 have them (section 3
// of both). mqtt-packet, which knows them all, takes longer to load and to warm up than they are
// worth: a process that sends one ban sends five of them.

/** Control packet types, in the upper four bits of the first byte (section 2.1.2). */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

const CLEAN = 0x02;
const PASSWORD = 0x40;
const USERNAME = 0x80;
const NO_PROPERTIES = 0x00;
/** Property identifier, section 2.2.2.2. */
const MESSAGE_EXPIRY_INTERVAL = 0x02;

export type ConnectFields = Pick<
  LinkOptions,
  'protocolVersion' | 'clientId' | 'keepaliveSeconds' | 'username' | 'password'
>;

/** A clean session that ends with the connection, without a last will. */
export function connectPacket(fields: ConnectFields): Buffer {
  const { protocolVersion, clientId, keepaliveSeconds, username, password } = fields;
  const flags =
    CLEAN | (username === undefined ? 0 : USERNAME) | (password === undefined ? 0 : PASSWORD);
  return packet(PacketType.connect, 0, [
    prefixed('MQTT'),
    Buffer.from([protocolVersion, flags, keepaliveSeconds >> 8, keepaliveSeconds & 0xff]),
    ...(protocolVersion === 5 ? [Buffer.of(NO_PROPERTIES)] : []),
    prefixed(clientId),
    ...(username === undefined ? [] : [prefixed(username)]),
    ...(password === undefined ? [] : [prefixed(password)]),
  ]);
}

export interface PublishFields {
  readonly protocolVersion: 4 | 5;
  readonly topic: string;
  readonly payload: string | Uint8Array;
  readonly qos: 0 | 1 | 2;
  readonly retain: boolean;
  /** From 1 to 65,535; not at QoS 0. */
  readonly packetId: number;
  readonly expirySeconds?: number | undefined;
}

export function publishPacket(fields: PublishFields): Buffer {
  const { protocolVersion, topic, payload, qos, retain, packetId, expirySeconds } = fields;
  return packet(PacketType.publish, (qos << 1) | (retain ? 1 : 0), [
    prefixed(topic),
    ...(qos === 0 ? [] : [uint16(packetId)]),
    ...(protocolVersion === 5 ? [expiryProperty(expirySeconds)] : []),
    typeof payload === 'string' ? Buffer.from(payload) : payload,
  ]);
}

export function pubrelPacket(packetId: number): Buffer {
  // The flags are fixed, section 3.6.1.
  return packet(PacketType.pubrel, 0x2, [uint16(packetId)]);
}

export function pingreqPacket(): Buffer {
  return packet(PacketType.pingreq, 0, []);
}

/** Normal disconnection. */
export function disconnectPacket(): Buffer {
  return packet(PacketType.disconnect, 0, []);
}

function packet(type: number, flags: number, parts: readonly Uint8Array[]): Buffer {
  let length = 0;
  for (const part of parts) length += part.length;
  return Buffer.concat([Buffer.of((type << 4) | flags, ...variableByteInteger(length)), ...parts]);
}

/** Section 1.5.5: seven bits a byte, lowest first, the eighth says that more follow. */
function variableByteInteger(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>= 7;
  }
  bytes.push(rest);
  return bytes;
}

function expiryProperty(seconds: number | undefined): Buffer {
  if (seconds === undefined) return Buffer.of(NO_PROPERTIES);
  const property = Buffer.of(5, MESSAGE_EXPIRY_INTERVAL, 0, 0, 0, 0);
  property.writeUInt32BE(seconds, 2);
  return property;
}

/** A string with its length in two bytes. */
function prefixed(text: string): Buffer {
  const bytes = Buffer.from(text);
  if (bytes.length > 0xffff) throw new RangeError('MQTT carries strings of up to 65,535 bytes');
  return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
