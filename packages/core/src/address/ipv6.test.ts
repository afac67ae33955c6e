import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { formatIpv6, readIpv6 } from './ipv6.js';

/** Mostly zeros, in runs of every length and place. */
const bytes = fc
  .array(fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, fc.nat({ max: 0xffff })), {
    minLength: 8,
    maxLength: 8,
  })
  .map((words) => Uint8Array.from(words.flatMap((word) => [word >> 8, word & 0xff])));

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
        expect(readIpv6(formatIpv6(address))).toEqual(address);
      }),
    );
  });
});
