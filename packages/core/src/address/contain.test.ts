import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { isSingleAddress, type Address } from './address.js';
import { compareAddresses, containsAddress, maskAddress, overlaps } from './contain.js';
import { addressFromBytes } from './from-bytes.js';
import { parseAddress } from './parse.js';

function address(text: string): Address {
  const result = parseAddress(text);
  if (!result.ok) throw new Error(result.detail);
  return result.value;
}

describe('containsAddress', () => {
  it.each([
    ['10.0.0.0/8', '10.255.1.2', true],
    ['10.0.0.0/8', '11.0.0.0', false],
    ['10.0.0.0/8', '10.0.0.0/7', false],
    ['10.128.0.0/9', '10.127.0.1', false],
    ['10.128.0.0/9', '10.255.0.1', true],
    ['192.0.2.7', '192.0.2.7', true],
    ['0.0.0.0/0', '192.0.2.7', true],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['::/0', '192.0.2.7', false],
  ])('%s contains %s: %s', (outer, inner, expected) => {
    expect(containsAddress(address(outer), address(inner))).toBe(expected);
  });
});

describe('overlaps', () => {
  it.each([
    ['10.0.0.0/8', '10.1.0.0/16', true],
    ['10.1.0.0/16', '10.0.0.0/8', true],
    ['10.0.0.0/9', '10.128.0.0/9', false],
    ['::/0', '10.0.0.0/8', false],
  ])('%s and %s: %s', (one, other, expected) => {
    expect(overlaps(address(one), address(other))).toBe(expected);
  });
});

describe('maskAddress', () => {
  it('widens an address to a prefix', () => {
    expect(maskAddress(address('192.0.2.200'), 25).text).toBe('192.0.2.128/25');
    expect(maskAddress(address('2001:db8::1'), 64).text).toBe('2001:db8::/64');
  });

  it('leaves a prefix that is as wide already', () => {
    const wide = address('10.0.0.0/8');
    expect(maskAddress(wide, 24)).toBe(wide);
    expect(maskAddress(wide, 8)).toBe(wide);
  });
});

describe('addressFromBytes', () => {
  it('makes a single address without a prefix length', () => {
    const single = addressFromBytes('ipv4', Uint8Array.of(192, 0, 2, 7));
    expect(single.text).toBe('192.0.2.7');
    expect(isSingleAddress(single)).toBe(true);
    expect(isSingleAddress(maskAddress(single, 24))).toBe(false);
  });

  it('leaves an IPv4-mapped address in the family that was asked for', () => {
    const bytes = new Uint8Array(16);
    bytes.set([255, 255, 192, 0, 2, 7], 10);
    expect(addressFromBytes('ipv6', bytes)).toMatchObject({
      family: 'ipv6',
      text: '::ffff:c000:207',
    });
  });

  it('copies the bytes, so that a reused buffer changes nothing', () => {
    const buffer = Uint8Array.of(192, 0, 2, 7);
    const single = addressFromBytes('ipv4', buffer);
    buffer.fill(0);
    expect(single.bytes).toEqual(Uint8Array.of(192, 0, 2, 7));
  });

  it.each([
    ['ipv4', 16, 32],
    ['ipv6', 4, 32],
    ['ipv4', 4, 33],
    ['ipv4', 4, -1],
    ['ipv6', 16, 1.5],
  ] as const)('throws for %s with %d bytes and /%d', (family, length, prefixLength) => {
    expect(() => addressFromBytes(family, new Uint8Array(length), prefixLength)).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });
});

describe('compareAddresses', () => {
  it('sorts IPv4 first, then by number, then the wider prefix first', () => {
    const sorted = ['9.0.0.0', '10.0.0.0/8', '10.0.0.0/16', '10.0.0.1', '::', '::1', '2001:db8::'];
    const shuffled = [...sorted].reverse().map(address);
    expect(shuffled.sort(compareAddresses).map(({ text }) => text)).toEqual(sorted);
    expect(compareAddresses(address('::1'), address('::1'))).toBe(0);
  });
});

/** The network part in binary: one prefix contains another where its digits begin the other's. */
function networkBits({ bytes, prefixLength }: Address): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  expect(bits.slice(prefixLength)).not.toContain('1');
  return bits.slice(0, prefixLength);
}

describe('prefixes of any length', () => {
  // Bytes of few values, so that prefixes often share their beginning.
  const prefixes = fc
    .constantFrom(['ipv4', 4] as const, ['ipv6', 16] as const)
    .chain(([family, length]) => {
      const byte = fc.constantFrom(0, 255, 254);
      const bytes = fc.array(byte, { minLength: length, maxLength: length });
      const prefix = fc
        .tuple(bytes, fc.nat(8 * length))
        .map(([values, size]) => addressFromBytes(family, Uint8Array.from(values), size));
      return fc.tuple(prefix, prefix);
    });

  it('contain and overlap as their binary digits say', () => {
    fc.assert(
      fc.property(prefixes, ([one, other]) => {
        const [a, b] = [networkBits(one), networkBits(other)];
        expect(containsAddress(one, other)).toBe(b.startsWith(a));
        expect(overlaps(one, other)).toBe(b.startsWith(a) || a.startsWith(b));
        expect(Math.sign(compareAddresses(one, other))).toBe(
          -Math.sign(compareAddresses(other, one)) + 0,
        );
      }),
      { numRuns: 500 },
    );
  });
});
