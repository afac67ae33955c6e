import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RowList } from './row-list.js';

describe('a list of rows', () => {
  it('keeps their order, and lets any of them leave', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(150), { maxLength: 400 }), (rows) => {
        const list = new RowList();
        const model = new Set<number>();
        // A row that is there leaves, another comes.
        for (const row of rows) {
          if (model.delete(row)) list.remove(row);
          else {
            model.add(row);
            list.push(row);
          }
          expect(list.length).toBe(model.size);
          const [first = -1] = model;
          expect(list.first).toBe(first);
        }
        const left: number[] = [];
        while (list.first >= 0) {
          left.push(list.first);
          list.remove(list.first);
        }
        expect(left).toEqual([...model]);
      }),
    );
  });

  it('takes rows at its front too', () => {
    const list = new RowList();
    for (const row of [1, 2]) list.push(row);
    for (const row of [3, 400]) list.pushFirst(row);
    list.remove(3);
    const order: number[] = [];
    while (list.first >= 0) {
      order.push(list.first);
      list.remove(list.first);
    }
    expect(order).toEqual([400, 1, 2]);
    list.pushFirst(5);
    list.push(6);
    expect([list.first, list.length]).toEqual([5, 2]);
  });

  it('is empty once it is cleared', () => {
    const list = new RowList();
    list.push(7);
    list.clear();
    expect([list.length, list.first]).toEqual([0, -1]);
    list.push(3);
    expect(list.first).toBe(3);
  });
});
