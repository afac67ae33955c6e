import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generate, type Packet } from 'mqtt-packet';
import { AnswerReader, type Answer } from './answer-reader.js';

const bytesOf = (packet: Packet, protocolVersion: 4 | 5 = 5) =>
  generate(packet, { protocolVersion });

const full = bytesOf({
  cmd: 'connack',
  reasonCode: 0,
  sessionPresent: true,
  properties: {
    sessionExpiryInterval: 1234,
    receiveMaximum: 20,
    maximumQoS: 1,
    retainAvailable: false,
    maximumPacketSize: 100_000,
    assignedClientIdentifier: 'given',
    topicAliasMaximum: 10,
    reasonString: 'well',
    userProperties: { a: 'b', c: ['d', 'e'] },
    wildcardSubscriptionAvailable: true,
    subscriptionIdentifiersAvailable: true,
    sharedSubscriptionAvailable: false,
    serverKeepAlive: 30,
    responseInformation: 'r',
    serverReference: 's',
    authenticationMethod: 'm',
    authenticationData: Buffer.from('d'),
  },
});
const fullRead: Answer = {
  kind: 'connack',
  sessionPresent: true,
  code: 0,
  limits: {
    serverKeepAlive: 30,
    receiveMaximum: 20,
    maximumQoS: 1,
    retainAvailable: false,
    maximumPacketSize: 100_000,
  },
};

describe('AnswerReader', () => {
  it('reads the limits among all that a CONNACK may say', () => {
    expect(new AnswerReader(5).read(full)).toEqual([fullRead]);
  });

  it.each([4, 5] as const)(
    'reads a CONNACK of MQTT 3.1.1 that says no (asked in %d)',
    (version) => {
      // 20 02 00 05: not authorised
      expect(new AnswerReader(version).read(Buffer.of(0x20, 2, 0, 5))).toEqual([
        { kind: 'connack', sessionPresent: false, code: 5, limits: {} },
      ]);
    },
  );

  it.each(['puback', 'pubrec', 'pubcomp'] as const)('reads %s with and without a reason', (cmd) => {
    const reader = new AnswerReader(5);
    expect(reader.read(bytesOf({ cmd, messageId: 0x1234 }, 4))).toEqual([
      { kind: cmd, packetId: 0x1234, code: 0 },
    ]);
    const refused = { cmd, messageId: 7, reasonCode: 0x87, properties: { reasonString: 'no' } };
    expect(reader.read(bytesOf(refused as Packet))).toEqual([
      { kind: cmd, packetId: 7, code: 0x87 },
    ]);
  });

  it('reads what ends a connection or keeps it, and passes over the rest', () => {
    const bytes = Buffer.concat([
      bytesOf({ cmd: 'pingresp' }),
      bytesOf({
        cmd: 'publish',
        topic: 't',
        payload: 'p',
        qos: 1,
        messageId: 1,
        retain: false,
        dup: true,
      }),
      bytesOf({ cmd: 'disconnect', reasonCode: 0x8b }),
      Buffer.of(0xe0, 0),
    ]);
    expect(new AnswerReader(5).read(bytes)).toEqual([
      { kind: 'pingresp' },
      { kind: 'other' },
      { kind: 'disconnect', code: 0x8b },
      { kind: 'disconnect', code: 0 },
    ]);
  });

  it('reads the same however the bytes are cut', () => {
    const bytes = Buffer.concat([full, bytesOf({ cmd: 'puback', messageId: 9 }), full]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const reader = new AnswerReader(5);
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const answers = edges.slice(1).flatMap((edge, index) => {
          return reader.read(bytes.subarray(edges[index], edge));
        });
        expect(answers).toEqual([fullRead, { kind: 'puback', packetId: 9, code: 0 }, fullRead]);
      }),
    );
  });

  it.each([
    ['an endless length', [0x20, 0xff, 0xff, 0xff, 0xff]],
    ['a giant packet', [0x20, 0xff, 0xff, 0xff, 0x7f]],
    ['flags where none belong', [0x41, 2, 0, 1]],
    ['a CONNACK that ends early', [0x20, 1, 0]],
    ['a PUBACK that ends early', [0x40, 1, 0]],
    ['properties longer than their packet', [0x20, 3, 0, 0, 9]],
    ['a property that ends early', [0x20, 5, 0, 0, 2, 0x21, 0]],
    ['a string that ends early', [0x20, 6, 0, 0, 3, 0x1f, 0, 9]],
    ['a property that belongs elsewhere', [0x20, 5, 0, 0, 2, 0x01, 0]],
  ])('refuses %s', (_what, bytes) => {
    expect(() => new AnswerReader(5).read(Buffer.from(bytes))).toThrow();
  });

  it('reads any bytes or refuses them, and never stays in a loop', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(4, 5), (bytes, version) => {
        try {
          const answers = new AnswerReader(version).read(Buffer.from(bytes));
          expect(answers.length).toBeLessThanOrEqual(bytes.length / 2);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
