import { expect, it } from '@jest/globals';
import { createFakeClock } from '@vallum/core/testing';
import { observeNode } from './observe-node.js';

it('a node that looks at its sets for ever and finishes nothing is started again', () => {
  const alive: number[] = [];
  const stalled: string[] = [];
  const clock = createFakeClock();
  const nothing = () => undefined;
  const observer = observeNode(
    {
      ...{ watchdogMs: 120_000, ready: nothing, reloading: nothing, stopping: nothing },
      ...{ status: nothing, alive: () => alive.push(clock.monotonicMs()) },
    },
    (sentence) => stalled.push(sentence),
    clock,
  );
  observer.ready();
  for (let second = 0; second < 120; second += 10) {
    observer.worked();
    clock.advance(10_000);
  }
  expect(alive).toEqual([0, 40_000, 80_000, 120_000]);
  for (let second = 0; second < 300; second += 10) {
    observer.status({ connection: 'connected', sets: [], ledgers: [] });
    clock.advance(10_000);
  }
  expect(alive.at(-1)).toBe(160_000);
  expect(stalled).toEqual([expect.stringContaining('nothing has been finished for 90 s')]);
  observer.close();
});
