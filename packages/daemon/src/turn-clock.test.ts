import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTurnClock } from './turn-clock.js';

describe('the clock of a turn', () => {
  it('is looked at once for what happens together, and again for what comes later', async () => {
    let time = 1_000;
    let looks = 0;
    const nowMs = createTurnClock(() => {
      looks += 1;
      return time;
    });
    expect(nowMs()).toBe(1_000);
    time = 1_005;
    expect([nowMs(), nowMs()]).toEqual([1_000, 1_000]);
    expect(looks).toBe(1);
    await nextTurn();
    expect(nowMs()).toBe(1_005);
    expect(looks).toBe(2);
  });
});
