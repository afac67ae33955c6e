import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { ADD, ADD_NEW, DELETE, MAX_TIMEOUT_SECONDS, NO_TIMEOUT } from '../backend/backend.js';
import { NEVER } from '../message/entry-columns.js';
import { FLAG, NOTHING, RENEWAL_SECONDS, SetPlan } from './set-plan.js';

const NOW = 1_800_000_000;
const TIMED = { hasTimeouts: true };
const UNTIMED = { hasTimeouts: false };

function planned(wanted: number, held: number, flags = 0): { plan: SetPlan; row: number } {
  const plan = new SetPlan('ipv4');
  const row = plan.row(Uint32Array.of(0xc000_0207), 0, 32);
  plan.want(row, wanted);
  plan.hold(row, held);
  plan.mark(row, flags);
  return { plan, row };
}

describe('the difference of a plan', () => {
  it.each([
    ['adds what is not there, if nobody else has', NOW + 60, 0, 0, ADD_NEW],
    ['adds over what may be its own', NOW + 60, 0, FLAG.MAYBE, ADD],
    ['adds over what was to be deleted whoever made it', NOW + 60, 0, FLAG.PURGE, ADD],
    ['leaves what is there', NOW + 60, NOW + 60, 0, NOTHING],
    ['leaves what ends a little earlier or later', NOW + 60, NOW + 57, 0, NOTHING],
    ['renews what ends otherwise', NOW + 60, NOW + 56, 0, ADD],
    ['renews what is to stay for ever', NEVER, NOW + 60, 0, ADD],
    ['shortens what would stay for ever', NOW + 60, NEVER, 0, ADD],
    ['says the comment again where it is another', NOW + 60, NOW + 60, FLAG.COMMENT, ADD],
    ['deletes what nobody wants', 0, NOW + 60, 0, DELETE],
    ['deletes what may be there and nobody wants', 0, 0, FLAG.MAYBE, DELETE],
    ['deletes what is over', NOW, NOW + 60, 0, DELETE],
    ['leaves what somebody else made', NOW + 60, 0, FLAG.FOREIGN, NOTHING],
    ['leaves what somebody else made and nobody wants', 0, 0, FLAG.FOREIGN, NOTHING],
    ['deletes that for an anonymous unban', 0, 0, FLAG.FOREIGN | FLAG.PURGE, DELETE],
    ['leaves what the set cannot take', NOW + 60, 0, FLAG.IMPOSSIBLE, NOTHING],
    ['is nothing where nothing is wanted nor held', 0, 0, 0, NOTHING],
  ])('%s', (_, wanted, held, flags, expected) => {
    const { plan, row } = planned(wanted, held, flags);
    expect(plan.difference(row, NOW, TIMED)).toBe(expected);
  });

  it('does not look at ends where the set keeps no time', () => {
    const { plan, row } = planned(NOW + 60, NEVER);
    expect(plan.difference(row, NOW, UNTIMED)).toBe(NOTHING);
    expect(plan.timeout(row, NOW, UNTIMED)).toBe(NO_TIMEOUT);
  });

  it('is nothing, for the kernel, once it was applied', () => {
    const end = fc.oneof(
      fc.constant(0),
      fc.constant(NEVER),
      fc.integer({ min: NOW - 100, max: NOW + 2 * MAX_TIMEOUT_SECONDS }),
    );
    const flags = fc.constantFrom(0, FLAG.MAYBE, FLAG.PURGE, FLAG.COMMENT);
    fc.assert(
      fc.property(end, end, flags, fc.boolean(), (wanted, held, flag, hasTimeouts) => {
        const { plan, row } = planned(wanted, held, flag);
        const op = plan.difference(row, NOW, { hasTimeouts });
        if (op === NOTHING) return;
        plan.unmark(row, FLAG.MAYBE | FLAG.PURGE | FLAG.COMMENT);
        const timeout = plan.timeout(row, NOW, { hasTimeouts });
        const ends = timeout === 0 || timeout === NO_TIMEOUT ? NEVER : NOW + timeout;
        plan.hold(row, op === DELETE ? 0 : ends);
        expect(plan.difference(row, NOW, { hasTimeouts })).toBe(NOTHING);
      }),
    );
  });
});

describe('a ban that outlasts the longest kernel timeout', () => {
  it('is told as far as the kernel counts, and again half-way', () => {
    const { plan, row } = planned(NOW + 3 * MAX_TIMEOUT_SECONDS, 0);
    expect(plan.timeout(row, NOW, TIMED)).toBe(MAX_TIMEOUT_SECONDS);
    plan.hold(row, NOW + MAX_TIMEOUT_SECONDS);
    expect(plan.difference(row, NOW, TIMED)).toBe(NOTHING);
    const later = NOW + MAX_TIMEOUT_SECONDS - RENEWAL_SECONDS;
    expect(plan.needsRenewal(row, later)).toBe(true);
    expect(plan.difference(row, later, TIMED)).toBe(ADD);
  });
});

describe('the numbers of a plan', () => {
  it('are those of one who counts the rows, whatever happened to them', () => {
    const act = fc.record({
      row: fc.nat(4),
      what: fc.constantFrom('want', 'hold', 'mark', 'unmark'),
      end: fc.constantFrom(0, NOW, NEVER),
      flag: fc.constantFrom(
        FLAG.FOREIGN,
        FLAG.IMPOSSIBLE,
        FLAG.FOREIGN | FLAG.IMPOSSIBLE,
        FLAG.MAYBE,
      ),
    });
    fc.assert(
      fc.property(fc.array(act, { maxLength: 100 }), (acts) => {
        const plan = new SetPlan('ipv4');
        const rows = [0, 1, 2, 3, 4].map((word) => plan.row(Uint32Array.of(word), 0, 32));
        for (const { row, what, end, flag } of acts) {
          if (what === 'want') plan.want(row, end);
          else if (what === 'hold') plan.hold(row, end);
          else if (what === 'mark') plan.mark(row, flag);
          else plan.unmark(row, flag);
        }
        const wanted = rows.filter((row) => plan.wanted[row] !== 0);
        const foreign = wanted.filter((row) => plan.has(row, FLAG.FOREIGN));
        const impossible = wanted.filter(
          (row) => !plan.has(row, FLAG.FOREIGN) && plan.has(row, FLAG.IMPOSSIBLE),
        );
        expect(plan.wantedCount).toBe(wanted.length);
        expect(plan.foreignCount).toBe(foreign.length);
        expect(plan.impossibleCount).toBe(impossible.length);
        expect(plan.lackingCount).toBe(rows.filter((row) => plan.isLacking(row)).length);
      }),
    );
  });
});

describe('a look through a set', () => {
  it('tells what it has met from what it has not, also after many looks', () => {
    const { plan, row } = planned(NEVER, NEVER);
    for (let look = 0; look < 600; look++) {
      plan.beginLook();
      expect(plan.wasSeen(row)).toBe(false);
      if (look % 2 === 0) plan.see(row);
      expect(plan.wasSeen(row)).toBe(look % 2 === 0);
    }
  });
});

describe('a row of a plan', () => {
  it('is given up only where nothing is left to say of it', () => {
    const { plan, row } = planned(NOW + 60, 0);
    plan.release(row);
    expect(plan.table.isUsed(row)).toBe(true);
    plan.want(row, 0);
    plan.mark(row, FLAG.MAYBE);
    plan.release(row);
    expect(plan.table.isUsed(row)).toBe(true);
    plan.unmark(row, FLAG.MAYBE);
    plan.release(row);
    plan.release(row);
    expect(plan.table.size).toBe(0);
  });

  it('that the set may have lost is asked for again', () => {
    const { plan, row } = planned(NOW + 60, NOW + 60, FLAG.IMPOSSIBLE);
    plan.forgetHeld(row);
    expect(plan.isLacking(row)).toBe(true);
    expect(plan.difference(row, NOW, TIMED)).toBe(ADD);
  });
});
