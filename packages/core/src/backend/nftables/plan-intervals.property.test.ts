import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Address } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';
import type { SetName } from '../../message/names.js';
import { verdicts } from '../../testing/contract-case.js';
import type { Region } from './cut-prefixes.js';
import { loadRegions } from './load-regions.js';
import { planIntervals, type IntervalChange } from './plan-intervals.js';
import { intervalOf, positionOf } from './position.js';
import type { NftElement, Piece } from './set-driver.js';

const set = 'blacklist' as SetName;
const START = 1_800_000_000_000;

/** Few addresses, so that prefixes meet: 0.0.0.0/26 up to single addresses, and the upper end. */
const prefix = fc
  .tuple(fc.boolean(), fc.integer({ min: 0, max: 63 }), fc.integer({ min: 26, max: 32 }))
  .map(([high, low, length]) =>
    addressFromBytes(
      'ipv4',
      high ? Uint8Array.of(255, 255, 255, 192 + low) : Uint8Array.of(0, 0, 0, low),
      length,
    ),
  );
const step = fc.record({
  del: fc.boolean(),
  address: prefix,
  /** Seconds; 0: for ever. */
  lasts: fc.constantFrom(0, 10, 20, 30, 1000),
});
/** Batches of changes, and the seconds that pass behind each. */
const story = fc.array(
  fc.record({ steps: fc.array(step, { maxLength: 6 }), pause: fc.constantFrom(0, 5, 15) }),
  { maxLength: 8 },
);

/** An interval set with the kernel's rules: exact deletes, no overlaps, ends by itself. */
class KernelSet {
  pieces: Piece[] = [];

  expire(nowMs: number): void {
    this.pieces = this.pieces.filter(({ endsAtMs }) => endsAtMs > nowMs);
  }

  replace(removed: readonly { first: bigint; last: bigint }[], added: readonly Piece[]): void {
    for (const { first, last } of removed) {
      const index = this.pieces.findIndex((piece) => piece.first === first && piece.last === last);
      if (index < 0) throw new Error('ENOENT');
      this.pieces.splice(index, 1);
    }
    for (const piece of added) {
      const clash = this.pieces.some(
        ({ first, last }) => first <= piece.last && piece.first <= last,
      );
      if (clash) throw new Error('EEXIST');
      this.pieces.push(piece);
    }
  }

  elements(nowMs: number): NftElement[] {
    return this.pieces.map(({ first, last, endsAtMs, comment }) => ({
      first,
      last,
      ...(endsAtMs === Infinity ? {} : { leftMs: endsAtMs - nowMs }),
      ...(comment === undefined ? {} : { comment }),
    }));
  }

  holds(position: bigint): boolean {
    return this.pieces.some(({ first, last }) => first <= position && position <= last);
  }
}

const POSITIONS = [...Array(64).keys()].flatMap((low) => [
  positionOf(Uint8Array.of(0, 0, 0, low)),
  positionOf(Uint8Array.of(255, 255, 255, 192 + low)),
]);

function covered(wanted: Iterable<{ address: Address }>, position: bigint): boolean {
  return [...wanted].some(({ address }) => {
    const { first, last } = intervalOf(address);
    return first <= position && position <= last;
  });
}

describe('prefixes in an interval set', () => {
  it.each([
    ['as it remembers them', false],
    ['read from the kernel each time', true],
  ])('are banned as long as any of them lasts, not longer, %s', async (_how, forgetful) => {
    await fc.assert(
      fc.asyncProperty(story, async (chapters) => {
        const kernel = new KernelSet();
        const wanted = new Map<string, { address: Address; endsAtMs: number }>();
        let regions: readonly Region[] = [];
        let nowMs = START;
        for (const { steps, pause } of chapters) {
          for (const [text, { endsAtMs }] of wanted) if (endsAtMs <= nowMs) wanted.delete(text);
          kernel.expire(nowMs);
          if (forgetful) regions = await loadRegions(kernel.elements(nowMs), 'ipv4', nowMs);
          const changes = steps.map(({ del, address, lasts }, index): IntervalChange => {
            const change = { op: del ? ('del' as const) : ('add' as const), set, address };
            return { change, index, endsAtMs: lasts === 0 ? Infinity : nowMs + lasts * 1000 };
          });
          const plan = await planIntervals(regions, changes, nowMs);
          kernel.replace(plan.removed, plan.added);
          regions = plan.regions;
          const expected = changes.map(({ change: { op, address }, endsAtMs }) => {
            if (op === 'del') return wanted.delete(address.text) ? 'applied' : 'unchanged';
            wanted.set(address.text, { address, endsAtMs });
            return 'applied';
          });
          expect(verdicts(plan.reports)).toEqual(expected);
          nowMs += pause * 1000;
          for (const [text, { endsAtMs }] of wanted) if (endsAtMs <= nowMs) wanted.delete(text);
          kernel.expire(nowMs);
          const held = POSITIONS.filter((position) => kernel.holds(position));
          expect(held).toEqual(POSITIONS.filter((position) => covered(wanted.values(), position)));
          const read = await loadRegions(kernel.elements(nowMs), 'ipv4', nowMs);
          const listed = read.flatMap(({ members }) => members.map(({ address }) => address.text));
          expect(listed.sort()).toEqual([...wanted.keys()].sort());
        }
      }),
      { numRuns: 200 },
    );
  });
});
