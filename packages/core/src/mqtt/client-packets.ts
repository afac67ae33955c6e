import { MOST_PACKET_BYTES, MOST_UNCONFIRMED } from './packet-limits.js';
import type { LinkOptions } from './link-options.js';
import type { OutgoingMessage } from '../transport/transport.js';
import type { SubscriptionManner } from './subscriptions.js';

// The packets that a client sends, as MQTT 3.1.1 and MQTT 5 have them (section 3 of both).
// mqtt-packet, which knows them all, takes longer to load and to warm up than they are worth: a
// process that sends one ban sends five of them.

/** Control packet types, in the upper four bits of the first byte (section 2.1.2). */
export const PacketType = {
  connect: 1,
  connack: 2,
  publish: 3,
  puback: 4,
  pubrec: 5,
  pubrel: 6,
  pubcomp: 7,
  subscribe: 8,
  suback: 9,
  unsubscribe: 10,
  unsuback: 11,
  pingreq: 12,
  pingresp: 13,
  disconnect: 14,
} as const;

/** The flags of PUBREL, SUBSCRIBE and UNSUBSCRIBE are fixed (section 2.1.3). */
export const FIXED_FLAGS = 0x2;

const CLEAN = 0x02;
const WILL = 0x04;
const WILL_RETAIN = 0x20;
const PASSWORD = 0x40;
const USERNAME = 0x80;
const NO_PROPERTIES = 0x00;
/** Property identifiers, section 2.2.2.2. */
const MESSAGE_EXPIRY_INTERVAL = 0x02;
const SESSION_EXPIRY_INTERVAL = 0x11;
const WILL_DELAY_INTERVAL = 0x18;
const RECEIVE_MAXIMUM = 0x21;
const MAXIMUM_PACKET_SIZE = 0x27;

export type ConnectFields = Pick<
  LinkOptions,
  | 'protocolVersion'
  | 'clientId'
  | 'cleanSession'
  | 'sessionExpirySeconds'
  | 'keepaliveSeconds'
  | 'username'
  | 'password'
  | 'will'
>;

export function connectPacket(fields: ConnectFields): Buffer {
  const { protocolVersion, clientId, keepaliveSeconds, username, password, will } = fields;
  const flags =
    (fields.cleanSession ? CLEAN : 0) |
    (will === undefined ? 0 : willFlags(will)) |
    (username === undefined ? 0 : USERNAME) |
    (password === undefined ? 0 : PASSWORD);
  return packet(PacketType.connect, 0, [
    prefixed('MQTT'),
    Buffer.from([protocolVersion, flags, keepaliveSeconds >> 8, keepaliveSeconds & 0xff]),
    ...(protocolVersion === 5 ? [connectProperties(fields)] : []),
    prefixed(clientId),
    ...(will === undefined
      ? []
      : [
          ...(protocolVersion === 5
            ? [
                secondsProperties([
                  [WILL_DELAY_INTERVAL, will.delaySeconds],
                  [MESSAGE_EXPIRY_INTERVAL, will.expirySeconds],
                ]),
              ]
            : []),
          prefixed(will.topic),
          prefixed(will.payload),
        ]),
    ...(username === undefined ? [] : [prefixed(username)]),
    ...(password === undefined ? [] : [prefixed(password)]),
  ]);
}

function willFlags({ qos = 1, retain = false }: Pick<OutgoingMessage, 'qos' | 'retain'>): number {
  return WILL | (qos << 3) | (retain ? WILL_RETAIN : 0);
}

function connectProperties({ cleanSession, sessionExpirySeconds }: ConnectFields): Buffer {
  const properties = Buffer.alloc(14);
  properties[0] = properties.length - 1;
  properties[1] = SESSION_EXPIRY_INTERVAL;
  properties.writeUInt32BE(cleanSession ? 0 : sessionExpirySeconds, 2);
  properties[6] = RECEIVE_MAXIMUM;
  properties.writeUInt16BE(MOST_UNCONFIRMED, 7);
  properties[9] = MAXIMUM_PACKET_SIZE;
  properties.writeUInt32BE(MOST_PACKET_BYTES, 10);
  return properties;
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
    ...(protocolVersion === 5
      ? [secondsProperties([[MESSAGE_EXPIRY_INTERVAL, expirySeconds]])]
      : []),
    typeof payload === 'string' ? Buffer.from(payload) : payload,
  ]);
}

/** One PUBACK for each message, in order, one behind the other: `40 02 00 07` confirms message 7. */
export function pubackPackets(packetIds: readonly number[]): Buffer {
  return confirmations(PacketType.puback, packetIds);
}

export function pubrecPacket(packetId: number): Buffer {
  return confirmations(PacketType.pubrec, [packetId]);
}

export function pubcompPacket(packetId: number): Buffer {
  return confirmations(PacketType.pubcomp, [packetId]);
}

export function pubrelPacket(packetId: number): Buffer {
  return packet(PacketType.pubrel, FIXED_FLAGS, [uint16(packetId)]);
}

export function subscribePacket(
  protocolVersion: 4 | 5,
  packetId: number,
  filters: readonly string[],
  manner: SubscriptionManner,
): Buffer {
  const options = subscriptionOptions(protocolVersion, manner);
  return packet(PacketType.subscribe, FIXED_FLAGS, [
    uint16(packetId),
    ...(protocolVersion === 5 ? [Buffer.of(NO_PROPERTIES)] : []),
    ...filters.flatMap((filter) => [prefixed(filter), Buffer.of(options)]),
  ]);
}

/** Section 3.8.3.1: QoS in the lowest two bits; in MQTT 5 No Local, Retain Handling from bit 4. */
function subscriptionOptions(
  protocolVersion: 4 | 5,
  { qos, noLocal, retainHandling }: SubscriptionManner,
): number {
  return protocolVersion === 4 ? qos : qos | (noLocal ? 0x04 : 0) | (retainHandling << 4);
}

export function unsubscribePacket(
  protocolVersion: 4 | 5,
  packetId: number,
  filters: readonly string[],
): Buffer {
  return packet(PacketType.unsubscribe, FIXED_FLAGS, [
    uint16(packetId),
    ...(protocolVersion === 5 ? [Buffer.of(NO_PROPERTIES)] : []),
    ...filters.map((filter) => prefixed(filter)),
  ]);
}

export function pingreqPacket(): Buffer {
  return packet(PacketType.pingreq, 0, []);
}

/** Normal disconnection. */
export function disconnectPacket(): Buffer {
  return packet(PacketType.disconnect, 0, []);
}

/** In MQTT 5 what is missing behind the identifier says success, without properties. */
function confirmations(type: number, packetIds: readonly number[]): Buffer {
  const bytes = Buffer.alloc(packetIds.length * 4);
  packetIds.forEach((packetId, index) => {
    const at = index * 4;
    bytes[at] = type << 4;
    bytes[at + 1] = 2;
    bytes.writeUInt16BE(packetId, at + 2);
  });
  return bytes;
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

/** Those that have a value, four bytes each, behind their length. */
function secondsProperties(
  all: readonly (readonly [identifier: number, seconds: number | undefined])[],
): Buffer {
  const bytes = Buffer.alloc(1 + 5 * all.length);
  let end = 1;
  for (const [identifier, seconds] of all) {
    if (seconds === undefined) continue;
    bytes[end] = identifier;
    bytes.writeUInt32BE(seconds, end + 1);
    end += 5;
  }
  bytes[0] = end - 1;
  return bytes.subarray(0, end);
}

/** Text or bytes with their length in two bytes. */
function prefixed(value: string | Uint8Array): Buffer {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  if (bytes.length > 0xffff) throw new RangeError('MQTT carries strings of up to 65,535 bytes');
  return Buffer.concat([uint16(bytes.length), bytes]);
}

function uint16(value: number): Buffer {
  return Buffer.of(value >> 8, value & 0xff);
}
