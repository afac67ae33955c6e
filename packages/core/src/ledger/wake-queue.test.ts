import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { WakeQueue } from './wake-queue.js';

describe('the wake queue', () => {
  it('is a sorted list, whatever is pushed, popped and swept in between', () => {
    const push = fc.record({ push: fc.integer({ min: 0, max: 50 }) });
    const pop = fc.record({ popDue: fc.integer({ min: 0, max: 50 }) });
    const sweep = fc.record({ sweepAbove: fc.integer({ min: 0, max: 50 }) });
    fc.assert(
      fc.property(fc.array(fc.oneof(push, push, pop, sweep), { maxLength: 80 }), (steps) => {
        const queue = new WakeQueue<{ at: number }>();
        let sorted: number[] = [];
        for (const step of steps) {
          if ('push' in step) {
            queue.push(step.push, { at: step.push });
            sorted = [...sorted, step.push].sort((one, two) => one - two);
          } else if ('sweepAbove' in step) {
            queue.sweep(({ at }) => at <= step.sweepAbove);
            sorted = sorted.filter((at) => at <= step.sweepAbove);
          } else {
            const due = sorted[0] !== undefined && sorted[0] <= step.popDue;
            expect(queue.popDue(step.popDue)?.at).toBe(due ? sorted.shift() : undefined);
          }
          expect(queue.next).toBe(sorted[0]);
          expect(queue.size).toBe(sorted.length);
        }
      }),
    );
  });
});
