import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { addressFromBytes } from '../address/from-bytes.js';
import { parseAddress } from '../address/parse.js';
import { AS_THE_SET_SAYS, NEVER } from '../message/entry-columns.js';
import { countsInDigest, digestItem, type DigestItem } from './digest-item.js';
import type { Register } from './register.js';
import { digestHorizon, leavesDigestAt } from './remember.js';

const NOW = 1_795_000_003;

function item(text: string, terms: Partial<Register> = {}): DigestItem {
  const address = parseAddress(text);
  if (!address.ok) throw new Error(address.detail);
  return digestItem(address.value, lease(terms));
}

function lease(terms: Partial<Register> = {}): Register {
  const asked = terms.asked ?? 1_795_000_600;
  return {
    ...{ kind: 'lease', origin: 'web1.sshd', stamp: 1000 * NOW, ownStamp: false, asked },
    ...{ until: asked, reason: '', keepUntil: 0 },
    ...terms,
  };
}

describe('the hash of an item', () => {
  it.each<[string, Partial<Register>, DigestItem]>([
    ['192.0.2.7', {}, { bucket: 2386, lanes: [0x82a0b911, 0x2cca956e] }],
    ['192.0.2.0/24', {}, { bucket: 1467, lanes: [0x5442bdd8, 0x995eaf18] }],
    ['2001:db8::7', {}, { bucket: 1103, lanes: [0xf5715c03, 0xb7ab9399] }],
    ['192.0.2.7', { origin: '' }, { bucket: 2386, lanes: [0x93416b4c, 0x5e934510] }],
    ['192.0.2.7', { asked: NEVER }, { bucket: 2386, lanes: [0x57f5b323, 0x51dcb684] }],
    ['192.0.2.7', { asked: AS_THE_SET_SAYS }, { bucket: 2386, lanes: [0x8c08752b, 0xf0456a6c] }],
    ['192.0.2.7', { ownStamp: true }, { bucket: 2386, lanes: [0x5c1bfb73, 0xec39ae9a] }],
    ['192.0.2.7', { asked: 253_402_300_799 }, { bucket: 2386, lanes: [0x3d31e5ed, 0x4393d239] }],
  ])('of %s %j is the same on every node and in every version', (text, terms, expected) => {
    expect(item(text, terms)).toEqual(expected);
  });

  it('knows neither the stamp nor the reason', () => {
    expect(item('192.0.2.7', { stamp: 1, reason: 'ssh' })).toEqual(item('192.0.2.7'));
  });

  it('knows no end of what the node itself stamped, and not what the set made of an end', () => {
    expect(item('192.0.2.7', { ownStamp: true, asked: NOW })).toEqual(
      item('192.0.2.7', { ownStamp: true, asked: NEVER }),
    );
    expect(item('192.0.2.7', { asked: AS_THE_SET_SAYS, until: NOW })).toEqual(
      item('192.0.2.7', { asked: AS_THE_SET_SAYS }),
    );
  });

  it('is another in both lanes for another address, prefix, origin or end', () => {
    const anyTerms = fc.record({
      address: fc
        .tuple(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.integer({ min: 8, max: 32 }))
        .map(([bytes, prefixLength]) => addressFromBytes('ipv4', bytes, prefixLength)),
      origin: fc.constantFrom('', 'web1', 'web2', 'web11'),
      asked: fc.oneof(fc.integer({ min: 1, max: 9 }), fc.constantFrom(NEVER, AS_THE_SET_SAYS)),
    });
    const text = ({
      address,
      origin,
      asked,
    }: {
      address: { text: string };
      origin: string;
      asked: number;
    }): string => `${address.text} ${origin} ${asked}`;
    fc.assert(
      fc.property(anyTerms, anyTerms, (one, other) => {
        fc.pre(text(one) !== text(other));
        const [first, second] = digestItem(one.address, lease(one)).lanes;
        const [otherFirst, otherSecond] = digestItem(other.address, lease(other)).lanes;
        expect(first).not.toBe(otherFirst);
        expect(second).not.toBe(otherSecond);
      }),
    );
  });

  it('spreads neighbours over all buckets', () => {
    const counts = new Map<number, number>();
    for (let third = 0; third < 160; third++) {
      for (let fourth = 0; fourth < 256; fourth++) {
        const bytes = Uint8Array.of(10, 0, third, fourth);
        const { bucket } = digestItem(addressFromBytes('ipv4', bytes, 32), lease());
        counts.set(bucket, (counts.get(bucket) ?? 0) + 1);
      }
    }
    // 10 on average; by chance alone some bucket stays empty once in 5 such trials.
    expect(counts.size).toBeGreaterThan(4080);
    expect(Math.max(...counts.values())).toBeLessThan(35);
  });
});

describe('what counts in the digest', () => {
  it('is a lease that lives for a minute more, as seen at whole ten seconds', () => {
    expect(countsInDigest(lease({ asked: 1_795_000_061 }), NOW)).toBe(true);
    expect(countsInDigest(lease({ asked: 1_795_000_060 }), NOW)).toBe(false);
    expect(countsInDigest(lease({ asked: NEVER }), NOW)).toBe(true);
    expect(countsInDigest(lease({ asked: AS_THE_SET_SAYS }), NOW)).toBe(true);
    expect(countsInDigest(lease({ asked: AS_THE_SET_SAYS, until: NOW + 5 }), NOW)).toBe(false);
    expect(countsInDigest(lease({ kind: 'withdrawal', asked: 0 }), NOW)).toBe(false);
  });

  it('leaves it at the first moment at which it does not count', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 10_000 }),
        fc.integer({ min: 0, max: 10_000 }),
        (end, now) => {
          expect(end > digestHorizon(now)).toBe(now < leavesDigestAt(end));
        },
      ),
    );
  });
});
