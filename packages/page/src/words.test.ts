import { describe, expect, it } from '@jest/globals';
import { ago, counted, describeDown, ending, milliseconds, span, visible } from './words.js';

describe('words for people', () => {
  it('shows what hides in a text', () => {
    expect(visible('web1\u202Edhss\u0000\n\u{E0041}ü')).toBe(
      'web1\\u{202e}dhss\\u{0}\\u{a}\\u{e0041}ü',
    );
  });

  it.each([
    [0, '0 s'],
    [59.4, '59 s'],
    [60, '1 min'],
    [7_199, '1 h'],
    [86_400 * 1_500, '1,500 d'],
    [-5, '0 s'],
  ])('says %d seconds', (seconds, said) => {
    expect(span(seconds)).toBe(said);
  });

  it('says how long an answer took', () => {
    expect([milliseconds(0.44), milliseconds(12.4), milliseconds(1_240)]).toEqual([
      ...['0.4 ms', '12 ms', '1.2 s'],
    ]);
  });

  it('says of a node that is down since when, and no more than is known', () => {
    expect([
      describeDown({ state: 'offline', since: 40 }, 100),
      describeDown({ state: 'stopped', since: 40, sinceAtLeast: true }, 100),
      describeDown({ state: 'offline' }, 100),
      describeDown({ state: 'silent' }, 100),
      describeDown({ state: 'unknown' }, 100),
    ]).toEqual([
      ...['offline for 1 min', 'stopped for at least 1 min', 'offline', 'does not answer'],
      'unknown',
    ]);
  });

  it('counts one as one, and many as many', () => {
    expect([counted(1, 'ban'), counted(0, 'ban'), counted(1_234, 'ban')]).toEqual([
      ...['1 ban', '0 bans', '1,234 bans'],
    ]);
  });

  it('says when a lease ends, or has ended', () => {
    expect([
      ...[ending(100, 40), ending(100, 160), ending('never', 0), ending('default', 0)],
      ...[ending(undefined, 0), ago(100, 100)],
    ]).toEqual(['in 1 min', 'ended 1 min ago', 'never', 'as the set says', '–', 'now']);
  });
});
