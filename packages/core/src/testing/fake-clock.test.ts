import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from './fake-clock.js';

describe('the fake clock', () => {
  it('stands still until it is advanced', () => {
    const clock = createFakeClock(1000);
    expect(clock.nowMs()).toBe(1000);
    clock.advance(500);
    expect(clock.nowMs()).toBe(1500);
  });

  it('calls what falls due in order, each at its own moment, also what is set on the way', () => {
    const clock = createFakeClock(0);
    const calls: string[] = [];
    const note = (name: string) => () => calls.push(`${name} at ${clock.nowMs()}`);
    clock.after(20, note('second'));
    clock.after(10, () => {
      note('first')();
      clock.after(15, note('nested'));
    });
    clock.after(20, note('third'));
    clock.after(31, note('later'));
    clock.advance(30);
    expect(calls).toEqual(['first at 10', 'second at 20', 'third at 20', 'nested at 25']);
  });

  it('does not call what was cancelled', () => {
    const clock = createFakeClock();
    let called = false;
    const cancel = clock.after(10, () => {
      called = true;
    });
    cancel();
    clock.advance(10);
    expect(called).toBe(false);
  });

  it('can be set, without a timer noticing', () => {
    const clock = createFakeClock(1000);
    const calls: number[] = [];
    clock.after(10, () => calls.push(clock.nowMs()));
    clock.step(-500);
    clock.advance(9);
    expect([clock.nowMs(), clock.monotonicMs(), calls]).toEqual([509, 9, []]);
    clock.advance(1);
    expect(calls).toEqual([510]);
  });
});
