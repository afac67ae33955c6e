import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { testAddress } from '../testing/contract-case.js';
import { containsAddress } from './contain.js';
import { addressFromBytes } from './from-bytes.js';
import {
  addressRange,
  rangeAddresses,
  rangePrefixes,
  rangeSize,
  type AddressRange,
} from './range.js';

function range(first: string, last: string): AddressRange {
  const made = addressRange(testAddress(first), testAddress(last));
  if (!made.ok) throw new Error(made.detail);
  return made.value;
}

const prefixes = (first: string, last: string): string[] =>
  rangePrefixes(range(first, last)).map(({ text }) => text);

describe('a range', () => {
  it('is made up of the fewest prefixes', () => {
    expect(prefixes('192.0.2.1', '192.0.2.6')).toEqual([
      '192.0.2.1',
      '192.0.2.2/31',
      '192.0.2.4/31',
      '192.0.2.6',
    ]);
    expect(prefixes('192.0.2.0', '192.0.2.255')).toEqual(['192.0.2.0/24']);
    expect(prefixes('192.0.2.7', '192.0.2.7')).toEqual(['192.0.2.7']);
    expect(prefixes('0.0.0.0', '255.255.255.255')).toEqual(['0.0.0.0/0']);
    expect(prefixes('::', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff')).toEqual(['::/0']);
    expect(prefixes('0.0.0.1', '255.255.255.254')).toHaveLength(62);
    expect(prefixes('::1', 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:fffe')).toHaveLength(254);
  });

  it('begins with its lower end, and has both in one family', () => {
    const reason = (first: string, last: string): unknown =>
      addressRange(testAddress(first), testAddress(last));
    expect(reason('192.0.2.2', '192.0.2.1')).toMatchObject({ ok: false, reason: 'bad-range' });
    expect(reason('192.0.2.2', '2001:db8::1')).toMatchObject({ ok: false, reason: 'bad-range' });
    expect(reason('192.0.2.0/24', '192.0.3.0')).toMatchObject({ ok: false, reason: 'bad-range' });
  });

  it('holds the same addresses as its prefixes, none of them twice', () => {
    const small = fc
      .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.nat({ max: 400 }))
      .map(([bytes, more]) => {
        const first = addressFromBytes('ipv4', bytes);
        const number = Math.min(new DataView(bytes.buffer).getUint32(0) + more, 0xffff_ffff);
        const end = new Uint8Array(4);
        new DataView(end.buffer).setUint32(0, number);
        return range(first.text, addressFromBytes('ipv4', end).text);
      });
    fc.assert(
      fc.property(small, (one) => {
        const all = rangeAddresses(one);
        expect(BigInt(all.length)).toBe(rangeSize(one));
        const made = rangePrefixes(one);
        for (const address of all) {
          expect(made.filter((prefix) => containsAddress(prefix, address))).toHaveLength(1);
        }
        const size = made.reduce((sum, { prefixLength }) => sum + 2 ** (32 - prefixLength), 0);
        expect(size).toBe(all.length);
      }),
      { numRuns: 50 },
    );
  });
});
