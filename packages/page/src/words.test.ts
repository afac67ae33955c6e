import { describe, expect, it } from '@jest/globals';
import { ago, counted, ending, span, visible } from './words.js';

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
