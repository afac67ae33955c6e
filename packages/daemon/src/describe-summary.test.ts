import { describe, expect, it } from '@jest/globals';
import type { AddressText, OutcomeCount, Report } from '@vallum/core';
import type { SetName } from '@vallum/core/protocol';
import { describeSummary } from './describe-summary.js';

const set = 'blacklist' as SetName;
const via = 'blacklist/add';
const entry = (last: number) => ({ set, via, address: `203.0.113.${last}` as AddressText });
const message = { via, set, entries: 65_000 };
const say = (counted: OutcomeCount) => {
  const { level, event, message: sentence } = describeSummary(message, counted);
  return `${level} ${event}: ${sentence}`;
};

const banned: Report[] = [5, 6, 7, 8].map((last) => ({
  ...{ ...entry(last), outcome: 'banned', until: 'never' },
}));

describe('what is said of a large message', () => {
  it('counts, and names the first few', () => {
    expect(say({ outcome: 'banned', count: 64_980, examples: banned })).toBe(
      'info summary: blacklist/add: 64,980 of 65,000 entries banned in blacklist: 203.0.113.5, 203.0.113.6, 203.0.113.7 and 64,977 more',
    );
  });

  it('names an address once, and none more where all are named', () => {
    const [first] = banned.slice(0, 1);
    if (!first) throw new Error('no example');
    expect(say({ outcome: 'banned', count: 3, examples: [first, first, first] })).toBe(
      'info summary: blacklist/add: 3 of 65,000 entries banned in blacklist: 203.0.113.5 and 2 more',
    );
    expect(say({ outcome: 'banned', count: 1, examples: [first] })).toBe(
      'info summary: blacklist/add: 1 of 65,000 entries banned in blacklist: 203.0.113.5',
    );
    expect(say({ outcome: 'banned', count: 7, examples: [] })).toBe(
      'info summary: blacklist/add: 7 of 65,000 entries banned in blacklist',
    );
  });

  it.each<[OutcomeCount, string]>([
    [
      {
        ...{ outcome: 'refused', code: 'protected', count: 65_000 },
        examples: [
          {
            ...{ ...entry(1), outcome: 'refused', code: 'protected' },
            detail: 'it is the gateway',
          },
        ],
      },
      'warning: blacklist/add: 65,000 of 65,000 entries refused in blacklist (protected): 203.0.113.1 and 64,999 more; the first because it is the gateway',
    ],
    [
      {
        ...{ outcome: 'refused', code: 'too-many-leases-in-all', count: 2 },
        examples: [
          {
            ...{ ...entry(1), outcome: 'refused', code: 'too-many-leases-in-all' },
            detail: '2,000,000 leases are kept',
          },
        ],
      },
      'warning: blacklist/add: 2 of 65,000 entries refused in blacklist (too-many-leases-in-all): 203.0.113.1 and 1 more; the first because 2,000,000 leases are kept; --max-leases raises the bound, and the memory that vallumd may take',
    ],
    [
      {
        ...{ outcome: 'rejected', code: 'bad-address', count: 2 },
        examples: [
          {
            ...{ outcome: 'rejected', code: 'bad-address', via, place: 'line 7' },
            ...{ input: 'a"b', detail: 'it is no address' },
          },
        ],
      },
      'warning: blacklist/add: 2 of 65,000 entries rejected (bad-address): line 7 "a\\"b" and 1 more; the first because it is no address',
    ],
    [
      {
        ...{ outcome: 'failed', code: 'set-full', action: 'ban', count: 1_200 },
        examples: [
          {
            ...{ ...entry(1), outcome: 'failed', action: 'ban', code: 'set-full' },
            ...{ detail: 'the set is full', willRetry: true },
          },
        ],
      },
      'warning: blacklist/add: 1,200 of 65,000 entries failed to be banned in blacklist (set-full) and are applied as soon as possible: 203.0.113.1 and 1,199 more; the first because the set is full',
    ],
    [
      {
        ...{ outcome: 'failed', code: 'unknown', action: 'unban', count: 1 },
        examples: [
          {
            ...{ ...entry(1), outcome: 'failed', action: 'unban', code: 'unknown' },
            ...{ detail: 'odd', willRetry: false },
          },
        ],
      },
      'error: blacklist/add: 1 of 65,000 entries failed to be unbanned in blacklist (unknown): 203.0.113.1; the first because odd',
    ],
    [
      { outcome: 'repeated', count: 20, examples: [{ ...entry(9), outcome: 'repeated' }] },
      'debug: blacklist/add: 20 of 65,000 entries known already in blacklist: 203.0.113.9 and 19 more',
    ],
    [
      { outcome: 'ended', count: 2, examples: [] },
      'info: blacklist/add: 2 of 65,000 entries not in blacklist: their time is over',
    ],
    [
      { outcome: 'unbanned', code: 'not-remembered', count: 4, examples: [] },
      'info: blacklist/add: 4 of 65,000 entries unbanned in blacklist (not-remembered)',
    ],
    [
      { outcome: 'held', count: 4, examples: [] },
      'info: blacklist/add: 4 of 65,000 entries kept in blacklist, since others still hold them',
    ],
    [
      { outcome: 'published', action: 'unban', count: 4, examples: [] },
      'info: blacklist/add: 4 of 65,000 entries published as unbans',
    ],
  ])('%j', (outcome, expected) => {
    expect(say(outcome).replace(' summary', '')).toBe(expected);
  });

  it('gives programs counts and the examples in parts', () => {
    const counted = { outcome: 'banned', count: 500, examples: banned.slice(0, 1) } as const;
    expect(describeSummary(message, counted).fields).toEqual({
      ...{ outcome: 'banned', set: 'blacklist', via, count: 500, entries: 65_000 },
      examples: [{ set: 'blacklist', address: '203.0.113.5', via, until: 'never' }],
    });
  });

  it('does not let a topic break the line', () => {
    const line = describeSummary(
      { ...message, via: 'a\nb\u001b[2J' },
      { outcome: 'banned', count: 1, examples: [] },
    );
    expect(line.message).toMatch(/^a\\x0ab\\x1b\[2J: 1 of/);
  });
});
