import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { generate, type IPublishPacket, type Packet } from 'mqtt-packet';
import { AnswerReader, type Answer } from './answer-reader.js';

const bytesOf = (packet: Packet, protocolVersion: 4 | 5 = 5) =>
  generate(packet, { protocolVersion });

/** All that is complete with these bytes. */
function readAll(reader: AnswerReader, bytes: Buffer): Answer[] {
  reader.push(bytes);
  const answers: Answer[] = [];
  for (let answer; (answer = reader.next()) !== undefined;) answers.push(answer);
  return answers;
}

const publish = (fields: Partial<IPublishPacket>): IPublishPacket => ({
  ...{ cmd: 'publish', topic: 'bans', payload: '1.2.3.4', qos: 0, retain: false, dup: false },
  ...fields,
});

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
    sessionExpiryInterval: 1234,
    serverKeepAlive: 30,
    receiveMaximum: 20,
    maximumQoS: 1,
    retainAvailable: false,
    maximumPacketSize: 100_000,
  },
};

describe('AnswerReader', () => {
  it('reads the limits among all that a CONNACK may say', () => {
    expect(readAll(new AnswerReader(5), full)).toEqual([fullRead]);
  });

  it.each([4, 5] as const)(
    'reads a CONNACK of MQTT 3.1.1 that says no (asked in %d)',
    (version) => {
      // 20 02 00 05: not authorised
      expect(readAll(new AnswerReader(version), Buffer.of(0x20, 2, 0, 5))).toEqual([
        { kind: 'connack', sessionPresent: false, code: 5, limits: {} },
      ]);
    },
  );

  it.each(['puback', 'pubrec', 'pubcomp'] as const)('reads %s with and without a reason', (cmd) => {
    const reader = new AnswerReader(5);
    expect(readAll(reader, bytesOf({ cmd, messageId: 0x1234 }, 4))).toEqual([
      { kind: cmd, packetId: 0x1234, code: 0 },
    ]);
    const refused = { cmd, messageId: 7, reasonCode: 0x87, properties: { reasonString: 'no' } };
    expect(readAll(reader, bytesOf(refused as Packet))).toEqual([
      { kind: cmd, packetId: 7, code: 0x87 },
    ]);
  });

  it('reads what ends a connection or keeps it, and passes over the rest', () => {
    const bytes = Buffer.concat([
      bytesOf({ cmd: 'pingresp' }),
      bytesOf({ cmd: 'disconnect', reasonCode: 0x8b }),
      Buffer.of(0xe0, 0),
      bytesOf({ cmd: 'auth', reasonCode: 0x18, properties: { authenticationMethod: 'm' } }),
    ]);
    expect(readAll(new AnswerReader(5), bytes)).toEqual([
      { kind: 'pingresp' },
      { kind: 'disconnect', code: 0x8b },
      { kind: 'disconnect', code: 0 },
      { kind: 'other' },
    ]);
  });

  it.each([4, 5] as const)('reads what answers SUBSCRIBE and UNSUBSCRIBE (MQTT %d)', (version) => {
    const properties = version === 5 ? { properties: { reasonString: 'why' } } : {};
    const suback: Packet = {
      ...{ cmd: 'suback', messageId: 7, granted: [1, 0x80], ...properties },
    };
    const unsuback = { cmd: 'unsuback', messageId: 8, granted: [0, 0x11], ...properties } as Packet;
    const bytes = Buffer.concat([bytesOf(suback, version), bytesOf(unsuback, version)]);
    expect(readAll(new AnswerReader(version), bytes)).toEqual([
      { kind: 'suback', packetId: 7, codes: [1, 0x80] },
      { kind: 'unsuback', packetId: 8, codes: version === 5 ? [0, 0x11] : [] },
    ]);
  });

  it('reads every message that mqtt-packet writes, however the bytes are cut', () => {
    const message = fc.record({
      topic: fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
      payload: fc.uint8Array({ maxLength: 300 }),
      qos: fc.constantFrom(0 as const, 1 as const, 2 as const),
      messageId: fc.integer({ min: 1, max: 65_535 }),
      retain: fc.boolean(),
      dup: fc.boolean(),
      properties: fc.option(
        fc.record({
          contentType: fc.string(),
          messageExpiryInterval: fc.nat(),
          payloadFormatIndicator: fc.boolean(),
          userProperties: fc.constant({ a: 'b' }),
          subscriptionIdentifier: fc.integer({ min: 1, max: 100_000 }),
        }),
        { nil: undefined },
      ),
    });
    fc.assert(
      fc.property(
        fc.constantFrom(4 as const, 5 as const),
        fc.array(message, { minLength: 1, maxLength: 5 }),
        fc.array(fc.nat({ max: 400 }), { maxLength: 8 }),
        (version, messages, sizes) => {
          const bytes = Buffer.concat(
            messages.map(({ payload, dup, properties, ...rest }) =>
              bytesOf(
                publish({
                  ...rest,
                  payload: Buffer.from(payload),
                  dup: dup && rest.qos > 0,
                  ...(version === 5 && properties ? { properties } : {}),
                }),
                version,
              ),
            ),
          );
          const reader = new AnswerReader(version);
          const answers: Answer[] = [];
          let from = 0;
          for (const size of [...sizes, bytes.length]) {
            answers.push(...readAll(reader, bytes.subarray(from, from + size)));
            from += size;
          }
          expect(answers).toEqual(
            messages.map(({ topic, payload, qos, messageId, retain, properties }) => ({
              kind: 'publish',
              qos,
              packetId: qos === 0 ? 0 : messageId,
              message: {
                ...{ topic, payload: Buffer.from(payload), retained: retain },
                ...(version === 5 && properties
                  ? { expiresInSeconds: properties.messageExpiryInterval }
                  : {}),
              },
            })),
          );
        },
      ),
    );
  });

  it('reads on where it is given more before all was read', () => {
    const bytes = Buffer.concat(
      ['1', '2', '3', '4'].map((payload) => bytesOf(publish({ payload }))),
    );
    const reader = new AnswerReader(5);
    reader.push(bytes.subarray(0, 20));
    expect(reader.next()).toMatchObject({ kind: 'publish' });
    reader.push(bytes.subarray(20, 21));
    reader.push(bytes.subarray(21));
    const rest = readAll(reader, Buffer.alloc(0));
    expect(
      rest.map((answer) =>
        answer.kind === 'publish' ? Buffer.from(answer.message.payload).toString() : answer.kind,
      ),
    ).toEqual(['2', '3', '4']);
  });

  it('refuses a giant message of MQTT 5 as soon as it begins', () => {
    const bytes = bytesOf(publish({ payload: Buffer.alloc(5 * 1024 * 1024, 'x') }));
    expect(() => readAll(new AnswerReader(5), bytes.subarray(0, 100))).toThrow('giant');
  });

  it.each([0, 1, 2] as const)(
    'lets a giant message of MQTT 3.1.1 and QoS %i go as it comes, and reads what follows',
    (qos) => {
      const payload = Buffer.alloc(5 * 1024 * 1024, 'x');
      const giant = bytesOf(publish({ payload, qos, messageId: 7 }), 4);
      const behind = bytesOf(publish({ payload: 'small' }), 4);
      for (const pieceLength of [65_536, 3, giant.length, giant.length + 5]) {
        const reader = new AnswerReader(4);
        const bytes = Buffer.concat([giant, behind, giant]);
        const answers: Answer[] = [];
        // The head in small pieces, and the rest in larger ones: a million pushes take too long.
        for (let from = 0, piece = pieceLength; from < bytes.length; from += piece) {
          if (from > 100) piece = Math.max(pieceLength, 50_000);
          answers.push(...readAll(reader, bytes.subarray(from, from + piece)));
        }
        const packetId = qos > 0 ? 7 : 0;
        const size = giant.length - 5;
        expect(answers).toMatchObject([
          { kind: 'giant', qos, packetId, topic: 'bans', bytes: size },
          { kind: 'publish' },
          { kind: 'giant', qos, packetId, topic: 'bans', bytes: size },
        ]);
      }
    },
  );

  it('keeps nothing of a giant message of MQTT 3.1.1', () => {
    const reader = new AnswerReader(4);
    // 200 MB are announced: as many of them come as fit a test.
    const head = Buffer.from([0x30, 0x80, 0x84, 0xaf, 0x5f, 0, 4, ...Buffer.from('bans')]);
    expect(readAll(reader, head)).toEqual([]);
    const before = process.memoryUsage().arrayBuffers;
    for (let piece = 0; piece < 1_000; piece += 1) {
      expect(readAll(reader, Buffer.alloc(65_536, 'x'))).toEqual([]);
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(40 * 1024 * 1024);
  });

  it('reads the same however the bytes are cut', () => {
    const bytes = Buffer.concat([full, bytesOf({ cmd: 'puback', messageId: 9 }), full]);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: bytes.length })), (cuts) => {
        const reader = new AnswerReader(5);
        const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length];
        const answers = edges.slice(1).flatMap((edge, index) => {
          return readAll(reader, bytes.subarray(edges[index], edge));
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
    ['a message of QoS 3', [0x36, 4, 0, 1, 0x61, 0]],
    ['a message without a topic', [0x30, 3, 0, 0, 0]],
    ['a message that ends in its topic', [0x30, 3, 0, 2, 0x61]],
    ['a message that ends in its packet identifier', [0x32, 4, 0, 1, 0x61, 0]],
    ['a message that ends in its properties', [0x30, 4, 0, 1, 0x61, 0x05]],
    ['a message without properties', [0x30, 3, 0, 1, 0x61]],
    ['a SUBACK that ends early', [0x90, 1, 0]],
    ['a SUBACK whose properties end early', [0x90, 3, 0, 1, 5]],
    ['a PUBREL without its flags', [0x60, 2, 0, 1]],
    ['a property that belongs elsewhere', [0x20, 5, 0, 0, 2, 0x01, 0]],
  ])('refuses %s', (_what, bytes) => {
    expect(() => readAll(new AnswerReader(5), Buffer.from(bytes))).toThrow();
  });

  it('reads any bytes or refuses them, and never stays in a loop', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.constantFrom(4, 5), (bytes, version) => {
        try {
          const answers = readAll(new AnswerReader(version), Buffer.from(bytes));
          expect(answers.length).toBeLessThanOrEqual(bytes.length / 2);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
