import { describe, expect, it } from '@jest/globals';
import type { MessageSummary, Report } from '@vallum/core';
import { EntryCounts } from './entry-counts.js';

function count(happen: (counts: EntryCounts) => void) {
  const counts = new EntryCounts(() => undefined);
  happen(counts);
  return {
    counts: [...counts.counts].map(
      ({ action, set, outcome, count }) => `${action} ${set} ${outcome} ${count.toString()}`,
    ),
    refusals: [...counts.refusals].map(
      ({ outcome, reason, count }) => `${outcome} ${reason} ${count.toString()}`,
    ),
    heldBack: [...counts.heldBack].map(
      ({ set, reason, count }) => `${set} ${reason} ${count.toString()}`,
    ),
  };
}

const about = { via: 'blacklist/add', set: 'blacklist', address: '203.0.113.7' };
const reportOf = (more: Record<string, unknown>) => ({ ...about, ...more }) as unknown as Report;
const summaryOf = (outcomes: readonly Record<string, unknown>[]) =>
  ({ ...about, entries: 65_000, outcomes }) as unknown as MessageSummary;

describe('what became of entries', () => {
  it('is no refusal where the policy of the set holds it back', () => {
    const counted = count((counts) => {
      counts.report(reportOf({ outcome: 'refused', code: 'observe' }));
      counts.report(reportOf({ outcome: 'refused', code: 'observe', action: 'unban' }));
      counts.report(reportOf({ outcome: 'refused', code: 'quorum' }));
      counts.report(reportOf({ outcome: 'refused', code: 'max-ban', set: 'trial' }));
      counts.report(reportOf({ outcome: 'refused', code: 'protected' }));
      counts.summary(
        summaryOf([
          { outcome: 'refused', code: 'observe', count: 64_990, examples: [] },
          { outcome: 'refused', code: 'prefix-too-wide', count: 10, examples: [] },
        ]),
      );
    });
    expect(counted).toEqual({
      heldBack: ['blacklist observe 64992', 'blacklist quorum 1', 'trial max-ban 1'],
      refusals: ['refused protected 1', 'refused prefix-too-wide 10'],
      counts: [
        ...['ban blacklist held-back 2', 'unban blacklist held-back 1', 'ban trial held-back 1'],
        ...['ban blacklist refused 1', 'ban blacklist held-back 64990', 'ban blacklist refused 10'],
      ],
    });
  });

  it('is an unban where a ban is over and leaves the set, and a ban where it came too late', () => {
    const { counts } = count((counts) => {
      counts.report(reportOf({ outcome: 'banned' }));
      counts.report(reportOf({ outcome: 'ended', via: 'ledger' }));
      counts.report(reportOf({ outcome: 'ended' }));
    });
    expect(counts).toEqual([
      ...['ban blacklist banned 1', 'unban blacklist ended 1', 'ban blacklist ended 1'],
    ]);
  });
});
