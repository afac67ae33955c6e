import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { RowQueue } from './row-queue.js';

describe('a queue of rows', () => {
  it('gives rows in the order in which they came, however it grows', () => {
    const step = fc.oneof(fc.nat(1000), fc.constant('shift' as const));
    fc.assert(
      fc.property(fc.array(step, { maxLength: 400 }), (steps) => {
        const queue = new RowQueue();
        const model: number[] = [];
        for (const what of steps) {
          if (what === 'shift') expect(queue.shift()).toBe(model.shift() ?? -1);
          else {
            queue.push(what);
            model.push(what);
          }
          expect(queue.length).toBe(model.length);
        }
      }),
    );
  });

  it('is empty once it is cleared', () => {
    const queue = new RowQueue();
    for (let row = 0; row < 200; row++) queue.push(row);
    queue.clear();
    expect([queue.length, queue.shift()]).toEqual([0, -1]);
  });
});
