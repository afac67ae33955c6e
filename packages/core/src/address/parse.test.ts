import { describe, expect, it } from '@jest/globals';
import { parseAddress } from './parse.js';

function textOf(input: string): string {
  const result = parseAddress(input);
  return result.ok ? result.value.text : result.reason;
}

describe('parseAddress', () => {
  it.each([
    ['192.0.2.7', '192.0.2.7'],
    ['0.0.0.0', '0.0.0.0'],
    ['255.255.255.255', '255.255.255.255'],
    ['192.0.2.7/32', '192.0.2.7'],
    ['192.0.2.7/24', '192.0.2.0/24'],
    ['192.0.2.255/25', '192.0.2.128/25'],
    ['10.1.2.3/8', '10.0.0.0/8'],
    ['10.1.2.3/0', '0.0.0.0/0'],
    ['2001:DB8::7', '2001:db8::7'],
    ['2001:0db8:0000:0000:0000:0000:0000:0007/128', '2001:db8::7'],
    ['2001:db8::7/64', '2001:db8::/64'],
    ['2001:db8:ffff::/33', '2001:db8:8000::/33'],
    ['::', '::'],
    ['::/0', '::/0'],
    ['1::', '1::'],
    ['::1', '::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('reads %s as %s', (input, canonical) => {
    expect(textOf(input)).toBe(canonical);
  });

  it.each([
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
    ['0:0:1:1:1:1:0:0', '::1:1:1:1:0:0'],
    ['1:0:0:0:0:0:0:0', '1::'],
  ])('compresses %s as RFC 5952 says: %s', (input, canonical) => {
    expect(textOf(input)).toBe(canonical);
  });

  it.each([
    ['::ffff:192.0.2.7', '192.0.2.7'],
    ['::FFFF:c000:207', '192.0.2.7'],
    ['::ffff:192.0.2.7/120', '192.0.2.0/24'],
    ['::ffff:0:0/96', '0.0.0.0/0'],
    ['0000:0000:0000:0000:0000:ffff:255.255.255.255/128', '255.255.255.255'],
  ])('reads the IPv4-mapped %s as the IPv4 address %s', (input, canonical) => {
    expect(textOf(input)).toBe(canonical);
  });

  it.each([
    ['::ffff:192.0.2.7/95', '::fffe:0:0/95'],
    ['::1.2.3.4', '::102:304'],
    ['64:ff9b::192.0.2.7', '64:ff9b::c000:207'],
    ['1:2:3:4:5:6:1.2.3.4', '1:2:3:4:5:6:102:304'],
    ['::fffe:1.2.3.4', '::fffe:102:304'],
    ['1::ffff:1.2.3.4', '1::ffff:102:304'],
  ])('keeps %s an IPv6 address: %s', (input, canonical) => {
    expect(textOf(input)).toBe(canonical);
  });

  it('gives bytes, family and prefix length', () => {
    expect(parseAddress('192.0.2.7/25')).toEqual({
      ok: true,
      value: {
        text: '192.0.2.0/25',
        family: 'ipv4',
        bytes: Uint8Array.of(192, 0, 2, 0),
        prefixLength: 25,
      },
    });
    expect(parseAddress('200.0.2.7')).toMatchObject({
      value: { family: 'ipv4', bytes: Uint8Array.of(200, 0, 2, 7), prefixLength: 32 },
    });
  });

  it.each([
    ['', 'empty'],
    ['1'.repeat(50), 'too-long'],
    ['1.2.3.4\0', 'control-character'],
    ['1.2.3.4/24\0', 'control-character'],
    ['1.2.3.4\n', 'control-character'],
    ['::1\u001b', 'control-character'],
    ['1.2.3.4 ', 'white-space'],
    ['1.2.3.4/ 8', 'white-space'],
    ['１.2.3.4', 'not-ascii'],
    ['1.2.3.٤', 'not-ascii'],
    ['fe80::1%eth0', 'zone-id'],
    ['010.0.0.1', 'leading-zero'],
    ['1.2.3.00', 'leading-zero'],
    ['::ffff:010.0.0.1', 'leading-zero'],
    ['1.2.3', 'short-form'],
    ['3232235777', 'short-form'],
    ['10/8', 'short-form'],
    ['0x7f.0.0.1', 'not-decimal'],
    ['0x7f000001', 'not-decimal'],
    ['1.2.3.0X4', 'not-decimal'],
    ['localhost', 'host-name'],
    ['example.org', 'host-name'],
    ['-exist', 'host-name'],
    ['1.2.3.4-1.2.3.9', 'range'],
    ['1.2.3.4:22', 'port'],
    ['[2001:db8::1]', 'port'],
    ['1.2.3.256', 'not-an-address'],
    ['1.2.3.4.5', 'not-an-address'],
    ['1.2.3.', 'not-an-address'],
    ['1..2.3', 'not-an-address'],
    ['.1.2.3', 'not-an-address'],
    ['1:2', 'not-an-address'],
    [':::', 'not-an-address'],
    ['1::2::3', 'not-an-address'],
    ['12345::', 'not-an-address'],
    ['::1.2.3', 'short-form'],
    ['1.2.3.4;', 'not-an-address'],
    ['/24', 'not-an-address'],
    ['1.2.3.4/', 'bad-prefix-length'],
    ['1.2.3.4/33', 'bad-prefix-length'],
    ['1.2.3.4/08', 'bad-prefix-length'],
    ['1.2.3.4/+8', 'bad-prefix-length'],
    ['1.2.3.4/-1', 'bad-prefix-length'],
    ['1.2.3.4/8/8', 'bad-prefix-length'],
    ['1.2.3.4/255.255.255.0', 'bad-prefix-length'],
    ['::/129', 'bad-prefix-length'],
  ])('refuses %j: %s', (input, reason) => {
    expect(textOf(input)).toBe(reason);
  });

  it('tells the remedy', () => {
    expect(parseAddress('010.0.0.1')).toMatchObject({
      detail: '010.0.0.1 has a leading zero, which some programs read as octal: leave it out',
    });
    expect(parseAddress('1.2.3.4/255.255.255.0')).toMatchObject({
      detail: '1.2.3.4/255.255.255.0 has a netmask: write its length, such as /24',
    });
  });
});
