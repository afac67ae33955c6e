import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readAcknowledgement } from './acknowledgement.js';
import {
  readAttributes,
  readBe16,
  readBe32,
  readBe64,
  readString,
  readU32,
  readU8,
} from './attribute.js';
import { NetlinkError } from './error.js';
import { readMessages, type Message } from './message.js';

const hex = (text: string): Uint8Array => Buffer.from(text.replaceAll(' ', ''), 'hex');
const message = (flags: number, payload: Uint8Array): Message => ({
  type: 2,
  flags,
  sequence: 9,
  portId: 1,
  payload,
});

describe('readMessages', () => {
  it('reads two messages of one datagram', () => {
    const messages = readMessages(
      hex('14000000 0300 0200 07000000 05000000 00000000' + '10000000 0100 0000 08000000 05000000'),
    );
    expect(messages.map(({ type, sequence, payload }) => [type, sequence, payload.length])).toEqual(
      [
        [3, 7, 4],
        [1, 8, 0],
      ],
    );
  });

  it.each([
    ['a header that is cut off', '10000000 0300'],
    ['a length shorter than a header', '0f000000 0300 0000 00000000 00000000'],
    ['a length of zero', '00000000 0300 0000 00000000 00000000'],
    ['a length beyond the datagram', '11000000 0300 0000 00000000 00000000'],
    ['an enormous length', 'ffffffff 0300 0000 00000000 00000000'],
  ])('refuses %s', (_name, bytes) => {
    expect(() => readMessages(hex(bytes))).toThrow(NetlinkError);
  });
});

describe('readAttributes', () => {
  it('takes the flags off the type', () => {
    const attributes = readAttributes(hex('08000640 00000258 0500 0380 18'));
    expect([...attributes.keys()]).toEqual([6, 3]);
    expect(readBe32(attributes.get(6) ?? hex(''))).toBe(600);
  });

  it.each([
    ['a header that is cut off', '0800'],
    ['a length shorter than a header', '03000100'],
    ['a length of zero', '00000100'],
    ['a length beyond the end', '09000100 00000000'],
  ])('refuses %s', (_name, bytes) => {
    expect(() => readAttributes(hex(bytes))).toThrow(NetlinkError);
  });

  it('refuses numbers of another length than theirs', () => {
    for (const read of [readU8, readU32, readBe16, readBe32, readBe64]) {
      expect(() => read(hex('000000'))).toThrow(NetlinkError);
    }
    expect(readBe64(hex('0000000100000000'))).toBe(2n ** 32n);
    expect(readBe16(hex('0102'))).toBe(0x0102);
  });

  it('reads strings with and without a NUL', () => {
    expect(readString(hex('6869 00 7a'))).toBe('hi');
    expect(readString(hex('6869'))).toBe('hi');
  });
});

describe('readAcknowledgement', () => {
  const header = '24000000 0906 0500 09000000 00000000';

  it('reads success', () => {
    const { errno, echo } = readAcknowledgement(message(0x100, hex(`00000000 ${header}`)));
    expect([errno, echo.length]).toEqual([0, 0]);
  });

  it("reads the kernel's words and where the fault is", () => {
    const text = `ffffffff ${header} 0700 0100 6e6f 00 00 0800 0200 14000000`;
    expect(readAcknowledgement(message(0x300, hex(text)))).toMatchObject({
      errno: 1,
      text: 'no',
      offset: 20,
    });
  });

  it('gives back the request that the kernel sent back', () => {
    const text = `feffffff 18000000 0906 0500 09000000 00000000 0102030405060708`;
    const { errno, echo } = readAcknowledgement(message(0, hex(text)));
    expect([errno, Buffer.from(echo).toString('hex')]).toEqual([2, '0102030405060708']);
  });

  it('refuses one that is cut off or claims more than it holds', () => {
    expect(() => readAcknowledgement(message(0, hex('ffff')))).toThrow(NetlinkError);
    expect(() => readAcknowledgement(message(0, hex(`ffffffff ${header}`)))).toThrow(NetlinkError);
  });
});

it('never does worse with hostile bytes than to say that they are malformed', () => {
  const decode = (bytes: Uint8Array): void => {
    for (const one of readMessages(bytes)) {
      readAcknowledgement(one);
      readAttributes(one.payload);
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), fc.boolean(), (bytes, plausible) => {
      // Half of them with a length that lets the decoder go deeper.
      if (plausible && bytes.length >= 16) bytes.set([bytes.length, 0, 0, 0], 0);
      try {
        decode(bytes);
      } catch (error) {
        expect(error).toBeInstanceOf(NetlinkError);
      }
    }),
    { numRuns: 1000 },
  );
});
