import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { addressWidth, type Address, type Family } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';
import type { SetName } from '../../words/names.js';
import { APPLIED, PRESENT, UNCHANGED, type Change } from '../backend.js';
import { changeColumns } from '../change-columns.js';
import { TimeSlice } from '../../netlink/index.js';
import { membersOf, type Region } from './cut-prefixes.js';
import { loadRegions } from './load-regions.js';
import { IntervalChanges } from './interval-changes.js';
import { planIntervals } from './plan-intervals.js';
import {
  bytesOf,
  intervalOf,
  positionOf,
  type Interval,
  type Position,
} from '../../address/position.js';
import type { NftElement, Piece } from './set-driver.js';
import { sortPrefixes } from './sort-prefixes.js';

const set = 'blacklist' as SetName;
const START = 1_800_000_000_000;

/** An address whose last byte says something, at the lower or the upper end of all. */
function bytesAt(family: Family, high: boolean, low: number): Uint8Array {
  const bytes = new Uint8Array(family === 'ipv4' ? 4 : 16).fill(high ? 255 : 0);
  bytes[bytes.length - 1] = high ? 192 + low : low;
  return bytes;
}

/** Few addresses, so that prefixes meet: 0.0.0.0/26 up to single addresses, and the upper end. */
const prefix = (family: Family) =>
  fc
    .tuple(fc.boolean(), fc.integer({ min: 0, max: 63 }), fc.integer({ min: 0, max: 6 }))
    .map(([high, low, hostBits]) =>
      addressFromBytes(family, bytesAt(family, high, low), addressWidth(family) - hostBits),
    );
/** Batches of changes, and the seconds that pass behind each. */
const story = (family: Family) => {
  const step = fc.record({
    op: fc.constantFrom('add', 'new', 'del'),
    address: prefix(family),
    /** Seconds; 0: for ever. */
    lasts: fc.constantFrom(0, 10, 20, 30, 1000),
  });
  const chapter = { steps: fc.array(step, { maxLength: 6 }), pause: fc.constantFrom(0, 5, 15) };
  return fc.array(fc.record(chapter), { maxLength: 8 });
};

/** An interval set with the kernel's rules: exact deletes, no overlaps, ends by itself. */
class KernelSet {
  pieces: Piece[] = [];

  expire(nowMs: number): void {
    this.pieces = this.pieces.filter(({ endsAtMs }) => endsAtMs > nowMs);
  }

  replace(removed: readonly Interval[], added: readonly Piece[]): void {
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

  holds(position: Position): boolean {
    return this.pieces.some(({ first, last }) => first <= position && position <= last);
  }
}

const positions = (family: Family): Position[] =>
  [...Array(64).keys()].flatMap((low) => [
    positionOf(bytesAt(family, false, low)),
    positionOf(bytesAt(family, true, low)),
  ]);

function covered(wanted: Iterable<{ address: Address }>, position: Position): boolean {
  return [...wanted].some(({ address }) => {
    const { first, last } = intervalOf(address);
    return first <= position && position <= last;
  });
}

describe('prefixes in an interval set', () => {
  it.each([
    ['as it remembers them', 'ipv4', false],
    ['read from the kernel each time', 'ipv4', true],
    ['as it remembers them', 'ipv6', false],
    ['read from the kernel each time', 'ipv6', true],
  ] as const)(
    'are banned as long as any lasts, not longer, %s (%s)',
    async (_, family, forgetful) => {
      const everywhere = positions(family);
      await fc.assert(
        fc.asyncProperty(story(family), async (chapters) => {
          const kernel = new KernelSet();
          const wanted = new Map<string, { address: Address; endsAtMs: number }>();
          let regions: readonly Region[] = [];
          let nowMs = START;
          for (const { steps, pause } of chapters) {
            for (const [text, { endsAtMs }] of wanted) if (endsAtMs <= nowMs) wanted.delete(text);
            kernel.expire(nowMs);
            if (forgetful) regions = await loadRegions(kernel.elements(nowMs), family, nowMs);
            const asked = steps.map(({ op, address, lasts }): Change => {
              if (op === 'del') return { op, set, address };
              const add = { op: 'add', set, address, timeoutSeconds: lasts } as const;
              return op === 'new' ? { ...add, onlyNew: true } : add;
            });
            const slice = new TimeSlice();
            const rows = Uint32Array.from(asked.keys());
            const columns = changeColumns(set, family, asked);
            const changes = await IntervalChanges.of(columns, rows, {}, nowMs, slice);
            const order = await sortPrefixes(changes, slice);
            const plan = await planIntervals(regions, changes, order, nowMs, slice);
            kernel.replace(plan.removed, plan.added);
            regions = plan.regions;
            const expected = steps.map(({ op, address, lasts }) => {
              if (op === 'del') return wanted.delete(address.text) ? APPLIED : UNCHANGED;
              if (op === 'new' && wanted.has(address.text)) return PRESENT;
              const endsAtMs = lasts === 0 ? Infinity : nowMs + lasts * 1000;
              wanted.set(address.text, { address, endsAtMs });
              return APPLIED;
            });
            const outcomes = new Uint8Array(order.length);
            order.forEach((index, place) => (outcomes[index] = plan.outcomes[place]!));
            expect([...outcomes]).toEqual(expected);
            nowMs += pause * 1000;
            for (const [text, { endsAtMs }] of wanted) if (endsAtMs <= nowMs) wanted.delete(text);
            kernel.expire(nowMs);
            const held = everywhere.filter((position) => kernel.holds(position));
            expect(held).toEqual(
              everywhere.filter((position) => covered(wanted.values(), position)),
            );
            const read = await loadRegions(kernel.elements(nowMs), family, nowMs);
            const listed = read.flatMap((region) =>
              membersOf(region).map(
                ({ first, prefixLength }) =>
                  addressFromBytes(family, bytesOf(first, family), prefixLength).text,
              ),
            );
            expect(listed.sort()).toEqual([...wanted.keys()].sort());
          }
        }),
        { numRuns: 200 },
      );
    },
  );
});
