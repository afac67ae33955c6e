import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { AddressTable } from './address-table.js';

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
