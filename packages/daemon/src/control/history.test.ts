import { describe, expect, it } from '@jest/globals';
import { History } from './history.js';

const DAY = 86_400;
const START = 1_800_000_000;

function historyAt(seconds: number) {
  const clock = { now: seconds };
  const history = new History(() => 1000 * clock.now);
  const happen = (
    outcome: 'banned' | 'unbanned' | 'ended' | 'refused' | 'rejected' | 'repeated',
  ) => {
    history.report({ outcome, via: 'blacklist/add' });
  };
  return { clock, history, happen };
}
const sum = (counts: readonly number[]) => counts.reduce((total, count) => total + count, 0);

describe('what happened in the last day', () => {
  it('is counted by what it was, in the step in which it was', () => {
    const { clock, history, happen } = historyAt(START);
    happen('banned');
    happen('refused');
    clock.now += 60;
    for (const outcome of ['banned', 'unbanned', 'ended', 'rejected', 'repeated'] as const) {
      happen(outcome);
    }
    // Its time was over, and it was taken out of a set without timeouts; the one above came too late.
    history.report({ outcome: 'ended', via: 'ledger' });
    expect(history.read(180, 60)).toEqual({
      ...{ from: START - 60, step: 60 },
      ...{ bans: [0, 1, 1], unbans: [0, 0, 2], refusals: [0, 1, 1], drops: [0, 0, 0] },
    });
  });

  it('tells how many packets were dropped since it was looked before, set by set', () => {
    const { clock, history } = historyAt(START);
    history.dropped('blacklist', 1_000_000);
    history.dropped('blacklist', 1_000_007);
    history.dropped('mail', 5);
    clock.now += 10;
    history.dropped('mail', 6);
    // The rules were made anew.
    history.dropped('blacklist', 3);
    expect(history.read(20, 10).drops).toEqual([7, 4]);
  });

  it('counts all entries of a large message', () => {
    const { history } = historyAt(START);
    history.summary({
      outcomes: [
        { outcome: 'banned', count: 65_000, examples: [] },
        { outcome: 'refused', count: 12, examples: [] },
      ],
    });
    expect(history.read(10, 10)).toMatchObject({ bans: [65_000], refusals: [12] });
  });

  it('does not take for refused what a policy holds back, as the administrator has asked for', () => {
    const { history } = historyAt(START);
    for (const code of ['observe', 'quorum', 'max-ban', 'protected'] as const) {
      history.report({ outcome: 'refused', code, via: 'blacklist/add' });
    }
    history.summary({
      outcomes: [
        { outcome: 'refused', code: 'observe', count: 65_000, examples: [] },
        { outcome: 'refused', code: 'prefix-too-wide', count: 3, examples: [] },
      ],
    });
    expect(history.read(10, 10)).toMatchObject({ bans: [0], refusals: [4] });
  });

  it('does not count by other steps than before, however late it is asked', () => {
    const { clock, history, happen } = historyAt(START + 7);
    happen('banned');
    const first = history.read(600, 60);
    clock.now += 49;
    expect(history.read(600, 60)).toEqual(first);
    clock.now += 10;
    expect(history.read(600, 60).from).toBe(first.from + 60);
  });

  it('is forgotten after a day, and is of one size for ever', () => {
    const { clock, history, happen } = historyAt(START);
    happen('banned');
    clock.now += DAY - 10;
    expect(sum(history.read(DAY, 10).bans)).toBe(1);
    clock.now += 10;
    expect(sum(history.read(DAY, 10).bans)).toBe(0);
    clock.now += 1_000 * DAY;
    happen('banned');
    expect(history.read(9_999_999, 3_600).bans).toHaveLength(24);
    expect(sum(history.read(9_999_999, 3_600).bans)).toBe(1);
  });

  it('outlives a clock that is set back', () => {
    const { clock, history, happen } = historyAt(START);
    clock.now -= 3_600;
    happen('banned');
    expect(sum(history.read(60, 10).bans)).toBe(1);
  });

  it.each([
    [0, 0, 1, 10],
    [5, 3, 1, 10],
    [100, 15, 5, 20],
    [DAY, 999_999_999, 1, DAY],
  ])('answers to %d seconds by %d with %d steps of %d', (seconds, step, length, rounded) => {
    const { history } = historyAt(START);
    const { bans, step: used } = history.read(seconds, step);
    expect([bans.length, used]).toEqual([length, rounded]);
  });
});
