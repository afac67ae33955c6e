import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressWidth, type Address, type Family } from '../address/address.js';
import { writeWords } from '../address/address-columns.js';
import { compareAddresses, containsAddress, maskAddress, overlaps } from '../address/contain.js';
import { addressFromBytes } from '../address/from-bytes.js';
import { parseAddress } from '../address/parse.js';
import type { SetInfo } from '../backend/backend.js';
import { ipv6Companion, type SetName } from '../words/names.js';
import { decideBan, isAllowed } from './decide-ban.js';
import { ALWAYS_PROTECTED } from './always-protected.js';
import { createPolicy } from './policy.js';
import { createProtectList, protectedEntries } from './protect-list.js';
import { routeFamily } from './route-family.js';

const S = 'blacklist' as SetName;
const S6 = 'blacklist6' as SetName;
const net: SetInfo = { set: S, type: 'hash:net', family: 'ipv4', entries: 0, references: 1 };

function at(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}

function policy(...protect: string[]) {
  return createPolicy({}, [...ALWAYS_PROTECTED, ...protectedEntries(protect, 'protect list')]);
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
      'prefix-too-wide: 10.0.0.0/15 is wider than /16, the shortest prefix that may be banned here',
    ],
    [
      '2001::/31',
      undefined,
      'prefix-too-wide: 2001::/31 is wider than /32, the shortest prefix that may be banned here',
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

  it.each([
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['127.0.0.1', 'loopback'],
    ['169.254.169.254', 'link-local'],
    ['169.254.0.0/16', 'link-local'],
    ['224.0.0.1', 'multicast'],
    ['239.255.255.255', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['255.255.0.0/16', 'broadcast'],
    ['::', 'unspecified'],
    ['::1', 'loopback'],
    ['::/32', 'unspecified'],
    ['fe80::1', 'link-local'],
    ['febf::1', 'link-local'],
    ['ff02::1', 'multicast'],
  ])('never bans %s, from where no attacker comes (%s)', (text, because) => {
    expect(decide(text, undefined)).toMatch(new RegExp(`^protected: .*\\(${because}\\)$`));
  });

  it.each(['1.0.0.0', '126.255.0.0/16', '128.0.0.0', '169.253.0.0/16', '169.255.0.1'])(
    'bans %s beside them',
    (text) => {
      expect(decide(text, undefined)).toBe('allowed');
    },
  );

  it.each(['223.255.0.0/16', '240.0.0.1', '::2', '1::/32', 'fec0::1', 'fe7f::1', 'feff::1'])(
    'bans %s beside them, too',
    (text) => {
      expect(decide(text, undefined)).toBe('allowed');
    },
  );

  it.each([
    ['0.0.0.0/0', 'ipv4'],
    ['128.0.0.0/1', 'ipv4'],
    ['::/0', 'ipv6'],
  ])('never bans %s, also where every prefix is short enough', (text) => {
    const any = createPolicy({ minPrefixLength: { ipv4: 0, ipv6: 0 } }, ALWAYS_PROTECTED);
    expect(decideBan(at(text), any, undefined)).toMatchObject({ ok: false, reason: 'protected' });
    // By default it is too wide, which says more.
    expect(decide(text, undefined)).toMatch(/^prefix-too-wide: /);
  });

  it.each([
    { maxCover: Number.NaN },
    { maxCover: 1.5 },
    { maxCover: -0.1 },
    { minPrefixLength: { ipv4: Number.NaN } },
    { minPrefixLength: { ipv6: 129 } },
  ])('does not take %j for a number', (options) => {
    expect(() => createPolicy(options, [])).toThrow(
      expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
    );
  });

  // Few distinct bytes, so that addresses meet.
  const prefixOf = (family: Family) =>
    fc
      .tuple(
        fc.uint8Array({ minLength: addressWidth(family) / 8, maxLength: addressWidth(family) / 8 }),
        fc.integer({ min: 0, max: addressWidth(family) }),
      )
      .map(([bytes, length]) =>
        addressFromBytes(
          family,
          bytes.map((byte) => byte & 0x81),
          length,
        ),
      );
  const cases = (family: Family) =>
    fc.tuple(
      fc.array(prefixOf(family), { maxLength: 12 }),
      prefixOf(family),
      fc.option(fc.integer({ min: 1, max: addressWidth(family) }), { nil: undefined }),
      fc.integer({ min: 0, max: 3 }),
    );

  it.each<Family>(['ipv4', 'ipv6'])(
    'refuses just what would cover a protected address, in columns as with objects (%s)',
    (family) => {
      fc.assert(
        fc.property(cases(family), ([entries, address, netmask, offset]) => {
          const open = createPolicy(
            { minPrefixLength: { ipv4: 0, ipv6: 0 } },
            entries.map((entry) => ({ address: entry, because: 'x' })),
          );
          const info = netmask === undefined ? net : { ...net, type: 'hash:ip', netmask };
          const decision = decideBan(address, open, info);
          const covered = maskAddress(address, netmask ?? 128);
          const hit = entries.some((entry) => overlaps(entry, covered));
          expect(!decision.ok && decision.reason === 'protected').toBe(hit);

          const words = new Uint32Array(offset + 4);
          writeWords(address, words, offset);
          const quick = isAllowed(open, family, words, offset, address.prefixLength, netmask);
          expect(quick).toBe(!hit);
        }),
        { numRuns: 1_000 },
      );
    },
  );

  it.each<Family>(['ipv4', 'ipv6'])(
    'names the widest entry around an address, or the lowest inside a prefix (%s)',
    (family) => {
      fc.assert(
        fc.property(cases(family), ([entries, address]) => {
          const list = createProtectList(
            entries.map((entry, at) => ({ address: entry, because: at.toString() })),
          );
          const named = list.conflict(address);
          const around = entries.filter((entry) => containsAddress(entry, address));
          const inside = entries.filter((entry) => containsAddress(address, entry));
          // Sorting is stable: of equal ones the first counts.
          const [expected] = (around.length > 0 ? around : inside).sort(compareAddresses);
          expect(named?.address.text).toBe(expected?.text);
          if (expected !== undefined)
            expect(named?.because).toBe(entries.indexOf(expected).toString());
        }),
        { numRuns: 1_000 },
      );
    },
  );

  it('says yes in columns only to a prefix that is narrow enough', () => {
    const words = Uint32Array.of(0x0a00_0000, 0, 0, 0);
    expect(isAllowed(policy(), 'ipv4', words, 0, 16)).toBe(true);
    expect(isAllowed(policy(), 'ipv4', words, 0, 15)).toBe(false);
    expect(isAllowed(policy(), 'ipv6', words, 0, 31)).toBe(false);
  });

  it('decides in far less than a microsecond, with thousands of entries', () => {
    const entries = Array.from({ length: 5_000 }, (_, at) => ({
      address: addressFromBytes('ipv4', Uint8Array.of(10, at >>> 8, at & 0xff, 1)),
      because: 'fleet',
    }));
    const many = createPolicy({}, entries);
    const words = Uint32Array.from({ length: 1_000 }, (_, at) => 0x0a00_0002 + at * 5_000);
    const round = () => {
      let allowed = 0;
      const before = performance.now();
      for (let at = 0; at < 100_000; at++) {
        if (isAllowed(many, 'ipv4', words, at % 1_000, 32)) allowed++;
      }
      expect(allowed).toBeGreaterThan(90_000);
      return (performance.now() - before) / 100;
    };
    round();
    // Microseconds a decision, in the best of some rounds: the machine may be busy.
    expect(Math.min(...Array.from({ length: 5 }, round))).toBeLessThan(0.5);
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
