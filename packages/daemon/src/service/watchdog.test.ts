import { describe, expect, it } from '@jest/globals';
import { Watchdog } from './watchdog.js';

function start() {
  let nowMs = 0;
  let next: { atMs: number; call: () => void } | undefined;
  const alive: number[] = [];
  const stalled: string[] = [];
  const watchdog = new Watchdog({
    timeoutMs: 30_000,
    workWithinMs: 60_000,
    alive: () => alive.push(nowMs),
    stalled: (sentence) => stalled.push(sentence),
    clock: {
      after(delayMs, call) {
        next = { atMs: nowMs + delayMs, call };
        return () => (next = undefined);
      },
    },
    monotonicMs: () => nowMs,
  });
  watchdog.start();
  const pass = (untilMs: number) => {
    while (next && next.atMs <= untilMs) {
      nowMs = next.atMs;
      next.call();
    }
    nowMs = untilMs;
  };
  return { watchdog, alive, stalled, pass };
}

describe('the watchdog', () => {
  it('is fed three times within its timeout', () => {
    const { alive, pass } = start();
    pass(30_000);
    expect(alive).toEqual([0, 10_000, 20_000, 30_000]);
  });

  it('goes hungry where nothing is finished any more, and says so once', () => {
    const { alive, stalled, pass } = start();
    pass(200_000);
    expect(alive.at(-1)).toBe(60_000);
    expect(stalled).toHaveLength(1);
    expect(stalled[0]).toContain('nothing has been finished for 70 s');
  });

  it('is fed for ever where something is done, and again after a stall', () => {
    const { watchdog, alive, pass } = start();
    pass(90_000);
    watchdog.worked();
    pass(140_000);
    expect(alive.at(-1)).toBe(140_000);
  });

  it('stops when told', () => {
    const { watchdog, alive, pass } = start();
    watchdog.stop();
    pass(30_000);
    expect(alive).toEqual([0]);
  });
});
