import { isIPv6 } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { formatIpv6, readIpv6 } from './ipv6.js';
import { bytesFromWords } from './words.js';

/** Mostly zeros, in runs of every length and place. */
const bytes = fc
  .array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat({ max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((words) => Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff])));

/** Reads a text that stands in the middle of others, which are not to be looked at. */
function read(text: string): Uint8Array | undefined {
  const words = new Uint32Array(4);
  const around = Buffer.from(`1:${text}:1`);
  return readIpv6(around, 2, around.length - 2, words) ? bytesFromWords(words, 0, 4) : undefined;
}

describe('an IPv6 address as text', () => {
  it('is what ipaddr.js writes', () => {
    fc.assert(
      fc.property(bytes, (address) => {
        expect(formatIpv6(address)).toBe(new ipaddr.IPv6([...address]).toRFC5952String());
      }),
      { numRuns: 1000 },
    );
  });

  it('reads back as it was', () => {
    fc.assert(
      fc.property(bytes, (address) => {
        expect(read(formatIpv6(address))).toEqual(address);
      }),
    );
  });

  it('is taken where Node takes it, and refused where Node refuses it', () => {
    const piece = fc.constantFrom(
      ...['0', '1', 'f', 'FFFF', '0000', '12345', ':', ':', ':', '::', '::', '.', '1.2.3.4', '01'],
      ...['192.0.2.256', 'g', '/', ' '],
    );
    const pieces = fc.array(piece, { maxLength: 16 }).map((texts) => texts.join(''));
    const groups = fc
      .array(fc.constantFrom('', '0', '1', 'ab', '1.2.3.4'), { maxLength: 10 })
      .map((texts) => texts.join(':'));
    fc.assert(
      fc.property(fc.oneof(pieces, groups, fc.ipV6()), (text) => {
        expect(read(text) !== undefined).toBe(isIPv6(text));
      }),
      { numRuns: 5000 },
    );
  });

  it.each([
    ['::1.2.3.4', '00000000000000000000000001020304'],
    ['::ffff:1.2.3.4', '00000000000000000000ffff01020304'],
    ['64:ff9b::192.0.2.7', '0064ff9b0000000000000000c0000207'],
    ['1::', '00010000000000000000000000000000'],
    ['::', '00000000000000000000000000000000'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
  ])('%s is %s', (text, hex) => {
    expect(Buffer.from(read(text) ?? []).toString('hex')).toBe(hex);
  });
});
