import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parser, type Packet } from 'mqtt-packet';
import {
  connectPacket,
  disconnectPacket,
  pingreqPacket,
  pubackPackets,
  pubcompPacket,
  publishPacket,
  pubrecPacket,
  pubrelPacket,
  subscribePacket,
  unsubscribePacket,
  type ConnectFields,
} from './client-packets.js';

/** What mqtt-packet, which speaks to every broker there is, reads in these bytes. */
function asRead(bytes: Buffer, protocolVersion: 4 | 5): Packet {
  const packets: Packet[] = [];
  const reader = parser({ protocolVersion });
  reader.on('packet', (packet: Packet) => packets.push(packet));
  reader.on('error', (error: Error) => {
    throw error;
  });
  expect(reader.parse(bytes)).toBe(0);
  expect(packets).toHaveLength(1);
  return packets[0]!;
}

const version = fc.constantFrom(4 as const, 5 as const);
const text = fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' });

function withoutNothing<Fields extends object>(fields: Fields) {
  return JSON.parse(JSON.stringify(fields)) as {
    [Key in keyof Fields]: Exclude<Fields[Key], undefined>;
  };
}

describe('what a client sends is what mqtt-packet reads', () => {
  it('in CONNECT', () => {
    fc.assert(
      fc.property(
        version,
        text,
        fc.integer({ min: 0, max: 65_535 }),
        fc.option(fc.tuple(text, fc.option(text, { nil: undefined })), { nil: undefined }),
        fc.option(fc.integer({ min: 0, max: 0xffff_ffff }), { nil: undefined }),
        fc.option(
          fc.record({
            topic: text,
            payload: text,
            qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
            retain: fc.boolean(),
            delaySeconds: fc.option(fc.nat(), { nil: undefined }),
            expirySeconds: fc.option(fc.nat(), { nil: undefined }),
          }),
          { nil: undefined },
        ),
        (protocolVersion, clientId, keepaliveSeconds, credentials, sessionExpirySeconds, will) => {
          const [username, password] = credentials ?? [];
          const cleanSession = sessionExpirySeconds === undefined;
          const fields: ConnectFields = {
            protocolVersion,
            clientId,
            keepaliveSeconds,
            cleanSession,
            sessionExpirySeconds: sessionExpirySeconds ?? 3600,
            ...(username === undefined ? {} : { username }),
            ...(password === undefined ? {} : { password }),
            ...(will === undefined ? {} : { will: withoutNothing(will) }),
          };
          const bytes = connectPacket(fields);
          expect(asRead(bytes, protocolVersion)).toMatchObject({
            cmd: 'connect',
            protocolId: 'MQTT',
            protocolVersion,
            clean: cleanSession,
            clientId,
            keepalive: keepaliveSeconds,
            ...(protocolVersion === 4
              ? {}
              : {
                  properties: {
                    sessionExpiryInterval: sessionExpirySeconds ?? 0,
                    receiveMaximum: 100,
                    maximumPacketSize: 4 * 1024 * 1024,
                  },
                }),
            ...(will === undefined
              ? {}
              : {
                  will: {
                    ...{ topic: will.topic, qos: will.qos, retain: will.retain },
                    payload: Buffer.from(will.payload),
                    ...(protocolVersion === 4 ||
                    (will.delaySeconds ?? will.expirySeconds) === undefined
                      ? {}
                      : {
                          properties: withoutNothing({
                            willDelayInterval: will.delaySeconds,
                            messageExpiryInterval: will.expirySeconds,
                          }),
                        }),
                  },
                }),
            ...(username === undefined ? {} : { username }),
            ...(password === undefined ? {} : { password: Buffer.from(password) }),
          });
        },
      ),
    );
  });

  it('in PUBLISH', () => {
    fc.assert(
      fc.property(
        version,
        text,
        fc.uint8Array({ maxLength: 300 }),
        fc.constantFrom(0 as const, 1 as const, 2 as const),
        fc.boolean(),
        fc.integer({ min: 1, max: 65_535 }),
        fc.option(fc.integer({ min: 0, max: 0xffff_ffff }), { nil: undefined }),
        (protocolVersion, topic, payload, qos, retain, packetId, expirySeconds) => {
          const bytes = publishPacket({
            ...{ protocolVersion, topic, payload, qos, retain, packetId, expirySeconds },
          });
          const read = asRead(bytes, protocolVersion);
          expect(read).toMatchObject({ cmd: 'publish', topic, qos, retain, dup: false });
          expect(read).toMatchObject({ payload: Buffer.from(payload) });
          if (qos > 0) expect(read.messageId).toBe(packetId);
          if (protocolVersion === 5 && expirySeconds !== undefined) {
            expect(read).toMatchObject({ properties: { messageExpiryInterval: expirySeconds } });
          }
        },
      ),
    );
  });

  it.each([127, 128, 16_383, 16_384, 2_097_151, 2_097_152])(
    'in a PUBLISH with a payload of %d bytes, where its length takes another byte',
    (size) => {
      const bytes = publishPacket({
        ...{ protocolVersion: 4, topic: 't', payload: 'x'.repeat(size), qos: 0, retain: false },
        packetId: 0,
      });
      const read = asRead(bytes, 4);
      expect(read.cmd === 'publish' ? read.payload.length : -1).toBe(size);
    },
  );

  it('in SUBSCRIBE and UNSUBSCRIBE', () => {
    const filters = fc.array(text, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(
        version,
        fc.integer({ min: 1, max: 65_535 }),
        filters,
        fc.record({
          qos: fc.constantFrom(0, 1),
          noLocal: fc.boolean(),
          retainHandling: fc.constantFrom(0, 1, 2),
        }),
        (version, messageId, names, manner) => {
          const subscribe = asRead(subscribePacket(version, messageId, names, manner), version);
          const { qos, noLocal: nl, retainHandling: rh } = manner;
          const options = version === 5 ? { qos, nl, rh, rap: false } : { qos };
          expect(subscribe).toMatchObject({
            cmd: 'subscribe',
            messageId,
            subscriptions: names.map((topic) => ({ topic, ...options })),
          });
          const unsubscribe = asRead(unsubscribePacket(version, messageId, names), version);
          expect(unsubscribe).toMatchObject({
            cmd: 'unsubscribe',
            messageId,
            unsubscriptions: names,
          });
        },
      ),
    );
  });

  it('in PUBACK, four bytes for each message, in order', () => {
    expect(pubackPackets([7, 0xabcd]).toString('hex')).toBe('400200074002abcd');
    expect(pubackPackets([])).toHaveLength(0);
  });

  it.each([4, 5] as const)('in PUBREC and PUBCOMP (MQTT %d)', (protocolVersion) => {
    expect(asRead(pubrecPacket(0xabcd), protocolVersion)).toMatchObject({
      cmd: 'pubrec',
      messageId: 0xabcd,
    });
    expect(asRead(pubcompPacket(7), protocolVersion)).toMatchObject({
      cmd: 'pubcomp',
      messageId: 7,
    });
  });

  it.each([4, 5] as const)('in PUBREL, PINGREQ and DISCONNECT (MQTT %d)', (protocolVersion) => {
    expect(asRead(pubrelPacket(0xabcd), protocolVersion)).toMatchObject({
      cmd: 'pubrel',
      messageId: 0xabcd,
    });
    expect(asRead(pingreqPacket(), protocolVersion).cmd).toBe('pingreq');
    expect(asRead(disconnectPacket(), protocolVersion).cmd).toBe('disconnect');
  });

  it('and never a string that is longer than its length can say', () => {
    const fields = {
      protocolVersion: 5,
      clientId: 'x'.repeat(65_536),
      keepaliveSeconds: 0,
      cleanSession: true,
      sessionExpirySeconds: 0,
    } as const;
    expect(() => connectPacket(fields)).toThrow(RangeError);
  });
});
