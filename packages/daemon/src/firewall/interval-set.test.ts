import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { covers, intersect, subtract, unite, type IntervalSet } from './interval-set.js';

const LAST = 30;
const sets = fc
  .array(fc.tuple(fc.nat(LAST), fc.nat(LAST)), { maxLength: 5 })
  .map((pairs) => unite(pairs.map(([a, b]) => [Math.min(a, b), Math.max(a, b)])));

function points(set: IntervalSet): number[] {
  return Array.from({ length: LAST + 1 }, (_, at) => at).filter((at) =>
    set.some((from, index) => index % 2 === 0 && Number(from) <= at && at < Number(set[index + 1])),
  );
}

describe('sets of intervals', () => {
  it('are what sets of points are', () => {
    fc.assert(
      fc.property(sets, sets, (a, b) => {
        const [inA, inB] = [points(a), points(b)];
        expect(points(intersect(a, b))).toEqual(inA.filter((at) => inB.includes(at)));
        expect(points(subtract(a, b))).toEqual(inA.filter((at) => !inB.includes(at)));
        const inEither = [...new Set([...inA, ...inB])].sort((one, other) => one - other);
        expect(points(unite([a, b]))).toEqual(inEither);
        expect(covers(a, b)).toBe(inB.every((at) => inA.includes(at)));
      }),
    );
  });

  it('return the very same where nothing changes', () => {
    const ports = [22, 23, 80, 81];
    expect(intersect(ports, [0, 100])).toBe(ports);
    expect(subtract(ports, [30, 40])).toBe(ports);
  });

  it('are made of names and large numbers too', () => {
    expect(subtract(['', '\uffff'], ['eth0', 'eth0\0'])).toEqual(['', 'eth0', 'eth0\0', '\uffff']);
    expect(intersect([0n, 2n ** 128n], [5n, 7n])).toEqual([5n, 7n]);
  });
});
