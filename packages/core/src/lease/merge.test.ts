import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { AS_THE_SET_SAYS, NEVER } from '../message/entry-columns.js';
import { mergeRegisters } from './merge.js';
import { compareRegisters, isLiveLease, type Register } from './register.js';
import { forgetAt } from './remember.js';

const START = 1_000_000;

/** Few of everything, so that they meet. */
const anyRegister = fc
  .record({
    kind: fc.constantFrom<Register['kind']>('lease', 'lease', 'withdrawal', 'sweep'),
    origin: fc.constantFrom('', 'web1', 'web2', 'web3'),
    second: fc.nat(6),
    ownStamp: fc.boolean(),
    asked: fc.oneof(
      fc.nat(100).map((second) => START + second),
      fc.constantFrom(NEVER, AS_THE_SET_SAYS),
    ),
    reason: fc.constantFrom('', 'ssh', 'http'),
  })
  .map(({ kind, origin, second, ownStamp, asked, reason }): Register => {
    const isLease = kind === 'lease';
    return {
      kind: !isLease && origin === '' ? 'sweep' : kind,
      origin: kind === 'sweep' ? '' : origin,
      stamp: 1000 * (START + second),
      ownStamp,
      asked: isLease ? asked : 0,
      until: isLease ? asked : 0,
      reason: isLease ? reason : '',
      keepUntil: 0,
    };
  });
const anyRegisters = fc.array(anyRegister, { maxLength: 16 });

/** What is known, without what only this node has seen on the way to it. */
function known(registers: readonly Register[]): unknown[] {
  return registers.map(({ keepUntil: _seen, ...says }) => JSON.stringify(says)).sort();
}

function inTurn(registers: readonly Register[], leasesPerAddress?: number): Register[] {
  return registers.reduce<Register[]>(
    (before, register) => mergeRegisters(before, [register], leasesPerAddress),
    [],
  );
}

function lease(terms: Partial<Register> = {}): Register {
  const asked = terms.asked ?? START + 50;
  return {
    ...{ kind: 'lease', origin: 'web1', stamp: 1000 * START, ownStamp: false, asked, until: asked },
    ...{ reason: '', keepUntil: 0 },
    ...terms,
  };
}

function withdrawal(terms: Partial<Register> = {}): Register {
  return lease({ kind: 'withdrawal', asked: 0, ...terms });
}

describe('merging registers', () => {
  it('ends in the same registers in any order, however often each comes', () => {
    const anyShuffled = anyRegisters.chain((registers) =>
      fc.tuple(
        fc.constant(registers),
        fc.shuffledSubarray([...registers, ...registers], {
          minLength: 2 * registers.length,
        }),
      ),
    );
    fc.assert(
      fc.property(anyShuffled, fc.constantFrom(1, 2, 64), ([registers, shuffled], bound) => {
        expect(known(inTurn(shuffled, bound))).toEqual(known(inTurn(registers, bound)));
      }),
    );
  });

  it('ends in the same registers in any pieces, merged with each other in any order', () => {
    fc.assert(
      fc.property(
        anyRegisters,
        anyRegisters,
        anyRegisters,
        fc.constantFrom(2, 64),
        (a, b, c, bound) => {
          const merge = (one: readonly Register[], other: readonly Register[]): Register[] =>
            mergeRegisters(one, other, bound);
          const whole = known(merge([], [...a, ...b, ...c]));
          expect(known(merge(merge(inTurn(a), inTurn(b)), inTurn(c)))).toEqual(whole);
          expect(known(merge(inTurn(c), merge(inTurn(b), inTurn(a))))).toEqual(whole);
        },
      ),
    );
  });

  it('takes what it knows itself, asked for once more, as it takes anything', () => {
    fc.assert(
      fc.property(anyRegisters, (registers) => {
        const once = inTurn(registers);
        expect(known(mergeRegisters(once, once))).toEqual(known(once));
        expect(known(inTurn([...once, ...registers]))).toEqual(known(once));
      }),
    );
  });

  it('orders the registers of one key totally', () => {
    const anyOfOneKey = anyRegister
      .filter(({ kind }) => kind !== 'sweep')
      .map((register) => ({ ...register, origin: 'web1' }));
    fc.assert(
      fc.property(anyOfOneKey, anyOfOneKey, anyOfOneKey, (a, b, c) => {
        expect(Math.sign(compareRegisters(a, b))).toBe(-Math.sign(compareRegisters(b, a)) + 0);
        if (compareRegisters(a, b) === 0) expect(known([a])).toEqual(known([b]));
        if (compareRegisters(a, b) >= 0 && compareRegisters(b, c) >= 0) {
          expect(compareRegisters(a, c)).toBeGreaterThanOrEqual(0);
        }
      }),
    );
  });

  it('lets the later stamp win, then the withdrawal, then the later end, then the greater reason', () => {
    const rising = [
      lease({ asked: START + 90, reason: 'z' }),
      lease({ stamp: 1000 * START + 1, asked: START + 50, reason: 'z' }),
      lease({ stamp: 1000 * START + 1, asked: START + 60, reason: 'a', ownStamp: true }),
      lease({ stamp: 1000 * START + 1, asked: START + 60, reason: 'a' }),
      lease({ stamp: 1000 * START + 1, asked: START + 60, reason: 'b' }),
      lease({ stamp: 1000 * START + 1, asked: AS_THE_SET_SAYS }),
      lease({ stamp: 1000 * START + 1, asked: NEVER }),
      withdrawal({ stamp: 1000 * START + 1 }),
      lease({ stamp: 1000 * START + 2 }),
    ];
    for (let index = 1; index < rising.length; index++) {
      expect(compareRegisters(rising[index]!, rising[index - 1]!)).toBeGreaterThan(0);
    }
    expect(known(inTurn(rising.toReversed()))).toEqual(known(rising.slice(-1)));
  });

  it('ends with a sweep every lease that is not younger, and takes the older withdrawals in', () => {
    const sweep = withdrawal({ kind: 'sweep', origin: '', stamp: 1000 * START + 5 });
    const older = lease({ origin: 'web1', stamp: sweep.stamp });
    const younger = lease({ origin: 'web2', stamp: sweep.stamp + 1 });
    const taken = withdrawal({ origin: 'web3', stamp: sweep.stamp - 1 });
    const merged = inTurn([older, younger, taken, sweep]);
    expect(known(merged)).toEqual(known([sweep, younger]));
    expect(inTurn(merged.concat(older)).filter((one) => isLiveLease(one, START))).toHaveLength(1);
  });

  it('keeps of more than may be the greatest by stamp and origin', () => {
    const many = Array.from({ length: 70 }, (_, index) =>
      lease({ origin: `o${index}`, stamp: 1000 * START + (index >> 1) }),
    );
    const kept = inTurn(many);
    expect(kept).toHaveLength(64);
    expect(kept.map(({ origin }) => origin)).not.toContain('o5');
    expect(kept.map(({ origin }) => origin)).toContain('o6');
  });
});

describe('remembering', () => {
  const REMEMBER = 1000;

  it('keeps a withdrawal until what it ended is over', () => {
    const [ended] = inTurn([lease({ asked: START + 70 }), withdrawal({ stamp: 1000 * START + 1 })]);
    expect(forgetAt(ended!, REMEMBER)).toBe(START + 70);
  });

  it('keeps a withdrawal of what never ends, or was never seen, for the time to remember', () => {
    const [ended] = inTurn([lease({ asked: NEVER }), withdrawal({ stamp: 1000 * START + 1 })]);
    expect(forgetAt(ended!, REMEMBER)).toBe(START + 1 + REMEMBER);
    expect(forgetAt(withdrawal(), REMEMBER)).toBe(START + REMEMBER);
  });

  it('keeps a lease that has ended until the longer one that it superseded is over', () => {
    const [shorter] = inTurn([
      lease({ asked: START + 900 }),
      lease({ asked: START + 10, stamp: 1000 * START + 1 }),
    ]);
    expect(forgetAt(shorter!, REMEMBER)).toBe(START + 900);
    expect(forgetAt(lease({ asked: START + 10 }), REMEMBER)).toBe(START + 10);
  });

  it('brings nothing back when any of it comes again while time passes', () => {
    const anyStep = fc.oneof(
      fc.record({ first: anyRegister }),
      fc.record({ again: fc.nat() }),
      fc.record({ wait: fc.nat(40) }),
    );
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 60 }), (steps) => {
        // One ledger hears each message once and in order, the other some of them again.
        let once: Register[] = [];
        let again: Register[] = [];
        const heard: Register[] = [];
        let now = START;
        for (const step of steps) {
          if ('first' in step) {
            const message = { ...step.first, stamp: 1000 * START + heard.length };
            heard.push(message);
            once = mergeRegisters(once, [message]);
            again = mergeRegisters(again, [message]);
          } else if ('wait' in step) {
            now += step.wait;
            const isKept = (register: Register): boolean => forgetAt(register, 1e6) > now;
            once = once.filter(isKept);
            again = again.filter(isKept);
          } else if (heard.length > 0) {
            again = mergeRegisters(again, [heard[step.again % heard.length]!]);
          }
          const live = (registers: Register[]): unknown[] =>
            known(registers.filter((register) => isLiveLease(register, now)));
          // It may know of an end that the other has forgotten, but never of a ban.
          expect(live(once)).toEqual(expect.arrayContaining(live(again)));
        }
      }),
      { numRuns: 500 },
    );
  });
});
