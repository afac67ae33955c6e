import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Address } from '../address/address.js';
import { maskAddress, overlaps } from '../address/contain.js';
import { addressFromBytes } from '../address/from-bytes.js';
import { parseAddress } from '../address/parse.js';
import type { SetInfo } from '../backend/backend.js';
import type { SetName } from '../words/names.js';
import { decideBan } from './decide-ban.js';
import { createProtectList, LOOPBACK, protectedEntries } from './protect-list.js';
import { ipv6Companion, routeFamily } from './route-family.js';

const S = 'blacklist' as SetName;
const S6 = 'blacklist6' as SetName;
const net: SetInfo = { set: S, type: 'hash:net', family: 'ipv4', entries: 0, references: 1 };

function at(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

function policy(...protect: string[]) {
  return {
    protectList: createProtectList([...LOOPBACK, ...protectedEntries(protect, 'protect list')]),
    minPrefixLength: { ipv4: 16, ipv6: 32 },
  };
}

function decide(text: string, info: SetInfo | undefined, ...protect: string[]) {
  const decision = decideBan(at(text), policy(...protect), info);
  return decision.ok ? 'allowed' : `${decision.reason}: ${decision.detail}`;
}

describe('policy', () => {
  it.each<[string, SetInfo | undefined, string]>([
    ['192.0.2.7', net, 'allowed'],
    ['192.0.2.7', undefined, 'allowed'],
    ['127.1.2.3', net, 'protected: 127.1.2.3 overlaps 127.0.0.0/8, protected (loopback)'],
    ['::1', undefined, 'protected: ::1 is protected (loopback)'],
    [
      '10.0.0.0/15',
      net,
      'prefix-too-wide: 10.0.0.0/15 is wider than /16; allow it with --min-prefix 15',
    ],
    [
      '2001::/31',
      undefined,
      'prefix-too-wide: 2001::/31 is wider than /32; allow it with --min-prefix6 31',
    ],
    ['10.0.0.0/16', net, 'allowed'],
  ])('%s', (text, info, expected) => {
    expect(decide(text, info)).toBe(expected);
  });

  it.each([
    ['198.51.100.1', '198.51.100.1'],
    ['198.51.100.0/24', '198.51.100.1'],
    ['198.51.100.1', '198.51.100.0/24'],
    ['2001:db8::/32', '2001:db8::1'],
  ])('does not ban %s where %s is protected', (text, entry) => {
    expect(decide(text, undefined, entry)).toMatch(/^protected: /);
    expect(decide('203.0.113.1', undefined, entry)).toBe('allowed');
  });

  it('looks at the whole network that a netmask makes of an address', () => {
    const masked = { ...net, type: 'hash:ip', netmask: 24 };
    expect(decide('198.51.100.9', masked, '198.51.100.1')).toBe(
      'protected: 198.51.100.0/24 overlaps 198.51.100.1, protected (protect list)',
    );
    expect(decide('198.51.101.9', masked, '198.51.100.1')).toBe('allowed');
    expect(decide('198.51.100.9', { ...masked, netmask: 32 }, '198.51.100.1')).toBe('allowed');
  });

  it('says which type of set takes what', () => {
    expect(decide('10.0.0.0/24', { ...net, type: 'hash:ip' })).toMatch(
      /^prefix-unsupported: .*hash:net/,
    );
    expect(decide('10.0.0.1', { ...net, type: 'hash:ip,port' })).toMatch(
      /^unsupported-type: .*hash:ip,port/,
    );
    expect(decide('10.0.0.1', { ...net, type: 'bitmap:ip' })).toBe('allowed');
  });

  it('names the entry of a protect list that is no address', () => {
    expect(() => protectedEntries(['192.0.2.1', 'localhost'], 'x')).toThrow(/"localhost"/);
  });

  it('never allows what would cover a protected address', () => {
    const prefix = fc
      .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 0, max: 32 }))
      // Few distinct bytes, so that addresses meet.
      .map(([bytes, length]) =>
        addressFromBytes(
          'ipv4',
          bytes.map((byte) => byte & 3),
          length,
        ),
      );
    const netmask = fc.option(fc.integer({ min: 1, max: 32 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(prefix, { maxLength: 4 }), prefix, netmask, (entries, address, mask) => {
        const info = mask === undefined ? net : { ...net, type: 'hash:ip', netmask: mask };
        const decision = decideBan(
          address,
          {
            protectList: createProtectList(
              entries.map((entry) => ({ address: entry, because: 'x' })),
            ),
            minPrefixLength: { ipv4: 0, ipv6: 0 },
          },
          info,
        );
        const covered = maskAddress(address, mask ?? 32);
        const hit = entries.some((entry) => overlaps(entry, covered));
        expect(decision.ok && hit).toBe(false);
        if (!decision.ok && decision.reason === 'protected') expect(hit).toBe(true);
      }),
      { numRuns: 500 },
    );
  });
});

describe('the set for a family', () => {
  const v6 = (set: SetName): SetInfo => ({ ...net, set, family: 'ipv6' });
  const create = (set: SetName): string => `make ${set}`;
  it.each<[string, SetInfo[], 'ipv4' | 'ipv6', string]>([
    ['IPv4 into an IPv4 set', [net], 'ipv4', S],
    ['IPv6 into the set beside it', [net, v6(S6)], 'ipv6', S6],
    ['IPv6 into a set that is IPv6 itself', [v6(S), v6(S6)], 'ipv6', S],
    ['IPv4 into a missing set', [], 'ipv4', S],
    ['IPv6 where both are missing', [], 'ipv6', S],
    ['IPv6 where only the set beside it is there', [v6(S6)], 'ipv6', S6],
    ['IPv4 where only the set beside it is there', [v6(S6)], 'ipv4', S],
    ['IPv4 into an IPv6 set', [v6(S)], 'ipv4', 'wrong-family'],
    ['IPv6 into an IPv4 set alone', [net], 'ipv6', 'wrong-family'],
    ['IPv6 where the set beside it is IPv4', [net, { ...net, set: S6 }], 'ipv6', 'wrong-family'],
    ['IPv6 beside a bitmap', [{ ...net, type: 'bitmap:ip' }], 'ipv6', 'wrong-family'],
  ])('%s', (_, sets, family, expected) => {
    const route = routeFamily(S, family, (name) => sets.find(({ set }) => set === name), create);
    expect(route.ok ? route.value : route.reason).toBe(expected);
  });

  it('is refused with the command that the backend gives', () => {
    const route = routeFamily(S, 'ipv6', (name) => (name === S ? net : undefined), create);
    expect(!route.ok && route.detail).toContain(`create a set beside it: make ${S6}`);
  });

  it('does not exist where the name is as long as names may be', () => {
    const long = 'x'.repeat(31) as SetName;
    expect(ipv6Companion(long)).toBeUndefined();
    const route = routeFamily(long, 'ipv6', () => ({ ...net, set: long }), create);
    expect(!route.ok && route.detail).toMatch(/no room/);
    expect(routeFamily(long, 'ipv6', () => undefined, create)).toEqual({ ok: true, value: long });
  });
});
