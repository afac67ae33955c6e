import { describe, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { AddressRows } from '../ledger/address-rows.js';
import { SeededHash } from '../ledger/seeded-hash.js';
import { AddressTable } from './address-table.js';

/** The row of an address, made where it is missing. */
function rowIn(rows: AddressRows, words: Uint32Array): number {
  const hash = rows.hash(words, 0, 32);
  const known = rows.find(hash, words, 0, 32);
  return known >= 0 ? known : rows.add(hash, words, 0, 32);
}

describe('a table of addresses', () => {
  it.each([
    ['ipv4', 1],
    ['ipv6', 4],
  ] as const)(
    'finds what was added and not removed (%s), each in a row of its own',
    (family, per) => {
      const step = fc.record({
        number: fc.nat(40),
        length: fc.constantFrom(24, 32),
        remove: fc.boolean(),
      });
      fc.assert(
        fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
          const table = new AddressTable(family, () => undefined);
          const model = new Map<string, number>();
          for (const { number, length, remove } of steps) {
            // The address does not stand at the front of its columns.
            const words = new Uint32Array(2 * per);
            words[2 * per - 1] = number;
            const name = `${String(number)}/${String(length)}`;
            const known = model.get(name) ?? -1;
            expect(table.find(words, per, length)).toBe(known);
            if (remove) {
              if (known >= 0) table.remove(known);
              model.delete(name);
            } else {
              const row = table.make(words, per, length);
              if (known >= 0) expect(row).toBe(known);
              expect(table.isUsed(row)).toBe(true);
              model.set(name, row);
            }
            expect(table.size).toBe(model.size);
          }
          expect(new Set(model.values()).size).toBe(model.size);
          const used = Array.from({ length: table.rowCount }, (_, row) => row);
          expect(used.filter((row) => table.isUsed(row))).toHaveLength(model.size);
        }),
      );
    },
  );

  it('gives the row of a removed address to another, and grows where there is none', () => {
    const capacities: number[] = [];
    const table = new AddressTable('ipv4', (capacity) => capacities.push(capacity));
    const make = (number: number) => table.make(Uint32Array.of(number), 0, 32);
    for (let number = 0; number < 65; number++) make(number);
    expect(capacities).toEqual([64, 128]);
    table.remove(7);
    table.remove(9);
    expect([make(100), make(101), make(102)]).toEqual([9, 7, 65]);
    expect(table.isUsed(66)).toBe(false);
  });
});

describe('a table of addresses with room for some', () => {
  it('grows behind them, and for a few more than was asked for', () => {
    const capacities: number[] = [];
    const table = new AddressTable('ipv4', (capacity) => capacities.push(capacity));
    table.reserve(64);
    table.reserve(800);
    for (let number = 0; number < 901; number++) table.make(Uint32Array.of(number), 0, 32);
    expect(capacities).toEqual([64, 900, 1800]);
    expect(table.find(Uint32Array.of(0), 0, 32)).toBe(0);
    expect(table.find(Uint32Array.of(900), 0, 32)).toBe(900);
  });
});

describe('a table of addresses that is filled after another one', () => {
  const anyStep = fc.record({
    number: fc.nat(40),
    kind: fc.constantFrom(
      ...(['both', 'both', 'both', 'both', 'own', 'find', 'remove', 'index', 'free'] as const),
    ),
  });

  it('has each address in one row, whatever else is asked of it meanwhile', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
        const other = new AddressRows('ipv4', new SeededHash());
        const table = new AddressTable('ipv4', () => undefined);
        const model = new Map<number, number>();
        for (const { number, kind } of steps) {
          const words = Uint32Array.of(number);
          const known = model.get(number);
          if (kind === 'both' || kind === 'own') {
            const otherRow = kind === 'own' ? -1 : rowIn(other, words);
            const row =
              kind === 'own' || other.hasFreed
                ? table.make(words, 0, 32)
                : table.makeAt(otherRow, words, 0, 32);
            if (known !== undefined) expect(row).toBe(known);
            model.set(number, row);
          } else if (kind === 'find') {
            expect(table.find(words, 0, 32)).toBe(known ?? -1);
          } else if (kind === 'index') {
            table.indexLike(other);
          } else if (kind === 'free') {
            const row = other.find(other.hash(words, 0, 32), words, 0, 32);
            if (row >= 0) other.free(row);
          } else if (known !== undefined) {
            table.remove(known);
            model.delete(number);
          }
          expect(table.size).toBe(model.size);
        }
        for (const [number, row] of model) {
          expect(table.find(Uint32Array.of(number), 0, 32)).toBe(row);
        }
        expect(new Set(model.values()).size).toBe(model.size);
      }),
    );
  });

  it.each([
    ['came free', []],
    ['came free and was given away', [1000]],
  ])('keeps all its rows where one of the other %s', (_what, given) => {
    const other = new AddressRows('ipv4', new SeededHash());
    const table = new AddressTable('ipv4', () => undefined);
    for (let number = 0; number < 10; number++) {
      const words = Uint32Array.of(number);
      table.makeAt(rowIn(other, words), words, 0, 32);
    }
    other.free(3);
    for (const number of given) rowIn(other, Uint32Array.of(number));
    expect(other.rowCount).toBe(10);
    table.indexLike(other);
    for (let number = 0; number < 10; number++) {
      expect(table.find(Uint32Array.of(number), 0, 32)).toBe(number);
    }
  });

  it('has the same rows without looking for any, and an index of its own', () => {
    const other = new AddressRows('ipv4', new SeededHash());
    const table = new AddressTable('ipv4', () => undefined);
    const words = Uint32Array.from({ length: 20_000 }, (_, index) => index << 8);
    const isAt = jest.spyOn(table, 'isAt');
    for (let index = 0; index < words.length; index++) {
      const one = words.subarray(index, index + 1);
      expect(table.makeAt(rowIn(other, one), one, 0, 32)).toBe(index);
    }
    const hashed = jest.spyOn(SeededHash.prototype, 'of');
    table.indexLike(other);
    expect(hashed).not.toHaveBeenCalled();
    expect(isAt).not.toHaveBeenCalled();
    jest.restoreAllMocks();

    expect(words.filter((_, index) => table.find(words, index, 32) === index)).toEqual(words);
    table.remove(7);
    expect(table.find(words, 7, 32)).toBe(-1);
    expect(rowIn(other, words.subarray(7, 8))).toBe(7);
    for (let number = 1; number < 5000; number++) table.make(Uint32Array.of(number), 0, 32);
    expect(
      words.filter((_, index) => rowIn(other, words.subarray(index, index + 1)) === index),
    ).toEqual(words);
    expect(other.rowCount).toBe(20_000);
  });
});
