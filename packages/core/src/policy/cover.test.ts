import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Family } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import type { SetName } from '../words/names.js';
import { Cover } from './cover.js';
import { decideCover } from './decide-cover.js';

interface Prefix {
  readonly word0: number;
  readonly prefixLength: number;
}

const SPACE = { ipv4: 2n ** 32n, ipv6: 2n ** 125n } as const;
const WIDTH = { ipv4: 32, ipv6: 128 } as const;

/** In few blocks, so that prefixes meet; with host bits, which do not matter. */
const prefix = (family: Family): fc.Arbitrary<Prefix> =>
  fc.record({
    word0: fc
      .integer({ min: 0, max: 3 })
      .chain((block) => fc.integer({ min: 0, max: 0xffff }).map((rest) => block * 0x1_0000 + rest)),
    prefixLength: fc.oneof(
      { weight: 6, arbitrary: fc.integer({ min: 14, max: WIDTH[family] }) },
      { weight: 1, arbitrary: fc.integer({ min: 8, max: 15 }) },
    ),
  });

/** Block by block, the sums of what is inside: in whole numbers of addresses, without any limit. */
function modelShare(family: Family, prefixes: readonly Prefix[]): number {
  const width = BigInt(WIDTH[family]);
  const full = 2n ** (width - 16n);
  const sums = new Map<number, bigint>();
  for (const { word0, prefixLength } of prefixes) {
    // What is narrower than a /48 counts as one.
    const length = BigInt(Math.min(prefixLength, family === 'ipv4' ? 32 : 48));
    const blocks = prefixLength >= 16 ? 1 : 2 ** (16 - prefixLength);
    const first = Math.floor((word0 >>> 16) / blocks) * blocks;
    const size = prefixLength >= 16 ? 2n ** (width - length) : full;
    for (let block = first; block < first + blocks; block++) {
      sums.set(block, (sums.get(block) ?? 0n) + size);
    }
  }
  const total = [...sums.values()].reduce((all, sum) => all + (sum < full ? sum : full), 0n);
  // Both are multiples of 2^80 for IPv6, so that a double holds them exactly.
  return Math.min(1, Number(total) / Number(SPACE[family]));
}

describe('what a set covers', () => {
  it.each<Family>(['ipv4', 'ipv6'])(
    'is what the blocks hold, after adding and removing (%s)',
    (family) => {
      fc.assert(
        fc.property(
          fc.array(prefix(family), { maxLength: 30 }),
          fc.array(prefix(family), { maxLength: 30 }),
          (stays, goes) => {
            const cover = new Cover(family);
            const all = [...stays, ...goes];
            for (const { word0, prefixLength } of all) cover.add(word0, prefixLength);
            expect(cover.share).toBe(modelShare(family, all));
            for (const { word0, prefixLength } of goes) cover.remove(word0, prefixLength);
            expect(cover.share).toBe(modelShare(family, stays));
          },
        ),
        { numRuns: 500 },
      );
    },
  );

  it.each<Family>(['ipv4', 'ipv6'])(
    'would exceed a limit just where adding it does (%s)',
    (family) => {
      fc.assert(
        fc.property(
          fc.array(prefix(family), { maxLength: 20 }),
          prefix(family),
          fc.double({ min: 0, max: 2 ** -9, noNaN: true }),
          (held, { word0, prefixLength }, limit) => {
            const cover = new Cover(family);
            for (const one of held) cover.add(one.word0, one.prefixLength);
            const before = cover.share;
            const exceeds = cover.wouldExceed(word0, prefixLength, limit);
            expect(cover.share).toBe(before);
            cover.add(word0, prefixLength);
            expect(exceeds).toBe(cover.share > before && cover.share > limit);
          },
        ),
        { numRuns: 1_000 },
      );
    },
  );

  it('is never less than the true union', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.record({
            word0: fc.integer({ min: 0, max: 0x1_ffff }),
            prefixLength: fc.integer({ min: 24, max: 32 }),
          }),
          { maxLength: 20 },
        ),
        (prefixes) => {
          const cover = new Cover('ipv4');
          const union = new Set<number>();
          for (const { word0, prefixLength } of prefixes) {
            cover.add(word0, prefixLength);
            const size = 2 ** (32 - prefixLength);
            const first = Math.floor(word0 / size) * size;
            for (let address = first; address < first + size; address++) union.add(address);
          }
          expect(cover.share * 2 ** 32).toBeGreaterThanOrEqual(union.size);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('lets no more than a quarter be banned in 65,280 pieces', () => {
    const cover = new Cover('ipv4');
    let taken = 0;
    for (let block = 0x0100; block < 0x1_0000; block++) {
      const word0 = (block * 0x1_0000) >>> 0;
      if (cover.wouldExceed(word0, 16, 0.25)) continue;
      cover.add(word0, 16);
      taken++;
    }
    expect(taken).toBe(16_384);
    expect(cover.share).toBe(0.25);
    // Nothing is added by what is covered already.
    expect(cover.wouldExceed(0x0100_0001, 32, 0.25)).toBe(false);
    expect(cover.wouldExceed(0xdead_0001, 32, 0.25)).toBe(true);
    expect(cover.wouldExceed(0xdead_0001, 32, 1)).toBe(false);
    cover.clear();
    expect(cover.share).toBe(0);
  });

  it.each<[Family, number]>([
    ['ipv4', 0],
    ['ipv6', 3],
  ])('is all with all of %s', (family, prefixLength) => {
    const cover = new Cover(family);
    cover.add(0x2000_0000, prefixLength);
    expect(cover.share).toBe(1);
    cover.remove(0x2000_0000, prefixLength);
    expect(cover.share).toBe(0);
  });

  it('costs nanoseconds an address', () => {
    const cover = new Cover('ipv4');
    const words = Uint32Array.from({ length: 1_000_000 }, (_, at) => Math.imul(at, 2_654_435_761));
    const round = () => {
      const before = performance.now();
      for (const word0 of words) {
        if (!cover.wouldExceed(word0, 32, 0.25)) cover.add(word0, 32);
      }
      const milliseconds = performance.now() - before;
      expect(cover.share).toBe(1_000_000 / 2 ** 32);
      cover.clear();
      return milliseconds;
    };
    // A million in the best of some rounds: the machine may be busy.
    expect(Math.min(...Array.from({ length: 5 }, round))).toBeLessThan(150);
  });
});

describe('a ban that would cover too much', () => {
  const at = (text: string) => {
    const parsed = parseAddress(text);
    if (!parsed.ok) throw new Error(parsed.detail);
    return parsed.value;
  };
  const set = 'blacklist' as SetName;

  it('is refused with what the set covers, and may', () => {
    const cover = new Cover('ipv4');
    for (let block = 0; block < 655; block++) cover.add(block * 0x1_0000, 16);
    const decide = (text: string, netmask?: number) =>
      decideCover(
        at(text),
        { maxCover: 0.01 },
        cover,
        netmask === undefined ? { set } : { set, netmask },
      );
    expect(decide('198.51.100.0/24')).toMatchObject({ ok: true });
    expect(decide('198.51.0.0/16')).toEqual({
      ok: false,
      reason: 'cover-exceeded',
      detail:
        '198.51.0.0/16 would be too much for set blacklist: it covers 0.99 % of all IPv4 addresses, and may cover 1 %',
    });
    // The network that a netmask makes of an address is what counts.
    expect(decide('198.51.100.7', 16)).toMatchObject({ reason: 'cover-exceeded' });
    expect(decide('198.51.100.7', 24)).toMatchObject({ ok: true });
  });

  it('is measured by the addresses that are given out, for IPv6', () => {
    const cover = new Cover('ipv6');
    for (let block = 0x2000; block < 0x2800; block++) cover.add(block * 0x1_0000, 16);
    const decision = decideCover(at('2a00::/32'), { maxCover: 0.25 }, cover, { set });
    expect(!decision.ok && decision.detail).toBe(
      '2a00::/32 would be too much for set blacklist: it covers 25 % of the global IPv6 addresses, and may cover 25 %',
    );
  });
});
