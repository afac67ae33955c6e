import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../address/parse.js';
import { EntryReader } from '../message/entry-reader.js';
import { createCommonPolicy } from './common-policy.js';

function refusal(text: string, minPrefixLength = {}): string | undefined {
  const address = parseAddress(text);
  if (!address.ok) throw new Error(address.detail);
  const entry = new EntryReader();
  entry.take({ address: address.value });
  return createCommonPolicy({ minPrefixLength })(entry, () => address.value)?.reason;
}

describe('what every node refuses', () => {
  it.each([
    ['203.0.113.7', undefined],
    ['203.0.0.0/16', undefined],
    ['203.0.0.0/15', 'prefix-too-wide'],
    ['0.0.0.0/0', 'prefix-too-wide'],
    ['2001:db8::/32', undefined],
    ['2001:d00::/31', 'prefix-too-wide'],
    ['10.0.0.1', undefined],
    ['127.1.2.3', 'protected'],
    ['::1', 'protected'],
    ['0.0.0.0', 'protected'],
    ['224.0.0.251', 'protected'],
    ['255.255.255.255', 'protected'],
    ['169.254.169.254', 'protected'],
    ['fe80::1', 'protected'],
    ['ff02::1', 'protected'],
  ])('of %s is %s', (text, reason) => {
    expect(refusal(text)).toBe(reason);
  });

  it('is less where prefixes may be wider, but never what no attacker can have', () => {
    expect(refusal('203.0.0.0/8', { ipv4: 8 })).toBeUndefined();
    expect(refusal('2000::/8', { ipv6: 0 })).toBeUndefined();
    expect(refusal('0.0.0.0/0', { ipv4: 0 })).toBe('protected');
    expect(refusal('127.0.0.0/9', { ipv4: 0 })).toBe('protected');
  });
});
