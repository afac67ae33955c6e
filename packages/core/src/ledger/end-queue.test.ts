import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { EndQueue } from './end-queue.js';

describe('a queue of ends', () => {
  it('has next whatever is due first, however rows are put off, brought forward and removed', () => {
    const anyStep = fc.oneof(
      { weight: 5, arbitrary: fc.record({ file: fc.nat(40), unix: fc.nat(99) }) },
      fc.record({ remove: fc.nat(40) }),
      fc.record({ refile: fc.oneof(fc.nat(200), fc.constant(Infinity)) }),
    );
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
        const queue = new EndQueue();
        const expected = new Map<number, number>();
        for (const step of steps) {
          if ('file' in step) {
            queue.file(step.file, step.unix);
            // Who is put off is looked at when he would have been due.
            const known = expected.get(step.file) ?? Infinity;
            expected.set(step.file, Math.min(known, step.unix));
          } else if ('remove' in step) {
            queue.remove(step.remove);
            expected.delete(step.remove);
          } else if (queue.size > 0) {
            expected.set(queue.nextRow, step.refile);
            if (step.refile === Infinity) expected.delete(queue.nextRow);
            queue.refileNext(step.refile);
          }
          expect(queue.size).toBe(expected.size);
          expect(queue.nextUnix).toBe(Math.min(Infinity, ...expected.values()));
          if (queue.size > 0) expect(expected.get(queue.nextRow)).toBe(queue.nextUnix);
        }
      }),
    );
  });

  it('has every row once, in order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1000), { maxLength: 300 }), (moments) => {
        const queue = new EndQueue();
        moments.forEach((unix, row) => queue.file(row, unix));
        const taken: number[] = [];
        while (queue.size > 0) {
          taken.push(queue.nextUnix);
          queue.remove(queue.nextRow);
        }
        expect(taken).toEqual(moments.toSorted((one, other) => one - other));
      }),
    );
  });

  it('does not grow by renewing', () => {
    const queue = new EndQueue();
    for (let unix = 1; unix < 100_000; unix++) queue.file(unix % 10, unix);
    expect(queue.size).toBe(10);
    expect(queue.byteLength).toBeLessThan(1_000_000);
  });

  it('takes a row in the second after a fraction of one, and never one without an end', () => {
    const queue = new EndQueue();
    queue.file(1, 10.25);
    queue.file(2, Infinity);
    queue.file(3, 253_402_300_799);
    expect(queue.nextUnix).toBe(11);
    expect(queue.size).toBe(1);
  });
});
