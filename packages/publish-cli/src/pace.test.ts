import { describe, expect, it } from '@jest/globals';
import { pace } from './pace.js';

/** When each message comes out, in milliseconds of a clock that only its sleeps move. */
async function momentsOf(
  entries: readonly number[],
  entriesPerSecond: number,
  {
    isGentle = false,
    pausesMs = {},
  }: { isGentle?: boolean; pausesMs?: Readonly<Record<number, number>> } = {},
): Promise<number[]> {
  let nowMs = 1_000;
  const messages = (async function* () {
    for (const [index, count] of entries.entries()) {
      await Promise.resolve();
      nowMs += pausesMs[index] ?? 0;
      yield { entries: count };
    }
  })();
  const time = {
    nowMs: () => nowMs,
    sleep: (milliseconds: number) => {
      nowMs += milliseconds;
      return Promise.resolve();
    },
  };
  const moments: number[] = [];
  for await (const _ of pace(messages, { entriesPerSecond, isGentle }, time)) {
    moments.push(Math.round(nowMs - 1_000));
  }
  return moments;
}

describe('pace', () => {
  it('holds back neither a single ban nor a list of two messages', async () => {
    expect(await momentsOf([1], 1)).toEqual([0]);
    expect(await momentsOf([1_024, 1_024], 1_000)).toEqual([0, 0]);
  });

  it('lets a long list through at its rate', async () => {
    expect(await momentsOf([500, 500, 1_000, 500, 500], 10_000)).toEqual([0, 0, 50, 100, 200]);
  });

  it('makes nothing up of the time in which nothing came', async () => {
    const pausesMs = { 2: 5_000 };
    const moments = await momentsOf([500, 500, 500, 500, 500], 10_000, { pausesMs });
    expect(moments).toEqual([0, 0, 5_000, 5_000, 5_050]);
  });

  it('holds nothing back without a rate', async () => {
    expect(await momentsOf([60_000, 60_000, 60_000], 0, { isGentle: true })).toEqual([0, 0, 0]);
  });

  it('begins a long list gently, and comes to its rate within a second', async () => {
    const messages = Array.from({ length: 1_000 }, () => 100);
    const moments = await momentsOf(messages, 80_000, { isGentle: true });
    expect(moments[2]).toBeGreaterThan(30);
    const full = moments.findIndex((moment) => moment >= 1_000);
    expect((moments[full + 80] ?? 0) - (moments[full] ?? 0)).toBe(100);
    // A gentle rate is none above the one that was asked for.
    expect(await momentsOf([100, 100, 100], 1_000, { isGentle: true })).toEqual([0, 0, 100]);
  });
});
