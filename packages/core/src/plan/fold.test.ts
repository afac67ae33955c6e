import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { AddressColumns } from '../address/address-columns.js';
import { NEVER } from '../message/entry-columns.js';
import { Fold } from './fold.js';

/** 10.0.0.0 and the addresses behind it, one after another. */
function addresses(count: number): AddressColumns {
  return {
    family: 'ipv4',
    length: count,
    words: Uint32Array.from({ length: count }, (_, index) => 0x0a00_0000 + index),
    prefixLengths: new Uint8Array(count).fill(32),
  };
}

const ENTRIES = 3;
const MEMBERS = 12;
const put = fc.record({
  member: fc.nat(MEMBERS - 1),
  /** Nearly always the same, as it is with a fold that stays as it is. */
  shift: fc.oneof({ weight: 9, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(2) }),
  end: fc.oneof(fc.constant(0), fc.nat(20), fc.constant(NEVER)),
});

interface Member {
  readonly entry: number;
  readonly end: number;
}

describe('a fold', () => {
  it('knows the longest end of each entry, and its members, as one does who looks at all', () => {
    const columns = addresses(MEMBERS);
    fc.assert(
      fc.property(fc.array(put, { maxLength: 200 }), (puts) => {
        const fold = new Fold('ipv4');
        const model = new Map<number, Member>();
        for (const { member, shift, end } of puts) {
          const entry = (member + shift) % ENTRIES;
          const before = model.get(member)?.entry ?? -1;
          expect(fold.put(entry, columns, member, end)).toBe(before === entry ? -1 : before);
          if (end === 0) model.delete(member);
          else model.set(member, { entry, end });
          expect(fold.endOf(columns, member)).toBe(end);
          for (let other = 0; other < ENTRIES; other++) {
            const members = [...model].filter(([, known]) => known.entry === other);
            const longest = Math.max(0, ...members.map(([, known]) => known.end));
            expect(fold.end(other)).toBe(longest);
            const stored = fold.columns.words;
            const words = [...fold.members(other)].map((row) => (stored[row] ?? 0) & 0xff);
            expect([...words].sort()).toEqual(members.map(([known]) => known).sort());
            const [first = -1] = words;
            if (first >= 0) expect(model.get(first)?.end).toBe(longest);
          }
        }
      }),
    );
  });

  it.each([
    ['the longest first', (index: number, count: number) => count - index],
    ['the shortest first', (index: number) => index + 1],
    ['in no order', (index: number, count: number) => ((index * 40_503) % count) + 1],
  ])('of 65,536 addresses in one entry loses them %s in little time', (_, orderOf) => {
    const count = 65_536;
    const columns = addresses(count);
    const fold = new Fold('ipv4');
    const started = process.cpuUsage();
    for (let index = 0; index < count; index++) {
      fold.put(0, columns, index, orderOf(index, count));
      fold.end(0);
    }
    for (let index = 0; index < count; index++) {
      fold.put(0, columns, index, 0);
      fold.end(0);
    }
    // A tenth of a second, or some on a machine under load. By looking at all that is left, for two
    // billion steps, it would be minutes.
    expect(process.cpuUsage(started).user / 1e6).toBeLessThan(12);
    expect(fold.end(0)).toBe(0);
  });

  it('takes entries of any number, and forgets what has ended', () => {
    const columns = addresses(2);
    const fold = new Fold('ipv4');
    fold.put(1_000_000, columns, 0, 7);
    expect(fold.end(1_000_000)).toBe(7);
    fold.put(1_000_000, columns, 1, 0);
    expect([...fold.members(1_000_000)]).toHaveLength(1);
    expect(fold.end(2_000_000)).toBe(0);
  });
});
