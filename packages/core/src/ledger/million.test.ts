import { describe, expect, it } from '@jest/globals';
import type { Family } from '../address/address.js';
import { ADDED, EQUAL } from '../lease/outcome.js';
import { BAN, type EntryColumns } from '../message/entry-columns.js';
import type { SetName } from '../words/names.js';
import { Ledger } from './ledger.js';
import { SeededHash } from './seeded-hash.js';

const SET = 'blacklist' as SetName;
const NOW = 1_795_000_000;
const MILLION = 1_000_000;
const PIECE = 1000;
const ENDS = 1000;

/** A million leases of distinct addresses that end in the next `ENDS` seconds but 100. */
function million(family: Family): EntryColumns {
  const perAddress = family === 'ipv4' ? 1 : 4;
  const numbers = <Kind extends Uint8Array | Uint32Array | Float64Array>(
    column: Kind,
    number: (index: number) => number,
  ): Kind => {
    for (let index = 0; index < column.length; index++) column[index] = number(index);
    return column;
  };
  // An odd factor leaves no two alike.
  const word = (index: number): number => Math.imul(index, 0x9e37_79b1) >>> 0;
  return {
    family,
    length: MILLION,
    words: numbers(new Uint32Array(perAddress * MILLION), (at) =>
      at % perAddress === perAddress - 1 ? word(Math.floor(at / perAddress)) : 0x2001_0db8,
    ),
    prefixLengths: new Uint8Array(MILLION).fill(32 * perAddress),
    actions: new Uint8Array(MILLION).fill(BAN),
    flags: new Uint8Array(MILLION),
    origins: numbers(new Uint32Array(MILLION), (index) => index % 20),
    untils: numbers(new Float64Array(MILLION), (index) => NOW + 100 + (index % ENDS)),
    stamps: new Float64Array(MILLION).fill(1000 * NOW),
    reasons: numbers(new Uint32Array(MILLION), (index) => index % 200),
    originNames: ['', ...Array.from({ length: 19 }, (_, index) => `web${index}.sshd`)],
    reasonTexts: ['', ...Array.from({ length: 199 }, (_, index) => `reason ${index}`)],
  };
}

describe.each(['ipv4', 'ipv6'] as const)('a million leases of %s', (family) => {
  it('are all there, cost little, are known when they come again, and end', () => {
    const columns = million(family);
    // How full the index's segments are depends on the seeds: with these it is the same each time.
    const seeds = Int32Array.from({ length: 32 }, (_, index) => Math.imul(index + 1, 0x9e37_79b1));
    const ledger = new Ledger({}, new SeededHash(seeds));
    const page = ledger.page(SET, family);
    const outcomes = new Uint8Array(MILLION);
    const rows = new Int32Array(MILLION);
    const mergeAll = (): void => {
      for (let from = 0; from < MILLION; from += PIECE) {
        page.merge(columns, from, from + PIECE, 1000 * NOW, outcomes, rows);
      }
    };
    mergeAll();
    expect(outcomes.every((outcome) => outcome === ADDED)).toBe(true);
    expect(ledger.size).toEqual({
      ...{ registers: MILLION, leases: MILLION, bans: MILLION, origins: 19, reasons: 199 },
    });
    expect(new Set(rows).size).toBe(MILLION);
    // Every byte counts a megabyte.
    expect(page.byteLength / MILLION).toBeLessThan(family === 'ipv4' ? 81 : 90);

    const { whole } = ledger.digest(SET);
    const bytes = page.byteLength;
    mergeAll();
    expect(outcomes.every((outcome) => outcome === EQUAL)).toBe(true);
    expect(ledger.digest(SET).whole).toEqual(whole);
    expect(page.byteLength).toBe(bytes);

    let ended = 0;
    const takeAll = (unix: number): void => {
      for (let due; (due = page.takeDue(1000 * unix, PIECE)) !== undefined;) {
        expect(due.length).toBeLessThanOrEqual(PIECE);
        ended += due.length;
      }
    };
    takeAll(NOW + 100 + ENDS / 2 - 1);
    expect(ended).toBe(MILLION / 2);
    expect(page.bans).toBe(MILLION / 2);
    takeAll(NOW + 100 + ENDS);
    expect(ended).toBe(MILLION);
    expect(ledger.digest(SET).whole).toEqual([0, 0]);
    expect(ledger.size).toEqual({ registers: 0, leases: 0, bans: 0, origins: 0, reasons: 0 });

    // Their rows are used again.
    mergeAll();
    expect(page.byteLength).toBe(bytes);
    expect(ledger.digest(SET).whole).toEqual(whole);
  }, 120_000);
});
