import { describe, expect, it } from '@jest/globals';
import { count, groupDigits } from './count.js';

describe('groupDigits', () => {
  it.each([0, 7, 999, 1000, 12_345, 999_999, 1_000_000, 1_234_567_890])(
    'writes %d as English does',
    (number) => {
      expect(groupDigits(number)).toBe(number.toLocaleString('en'));
    },
  );
});

describe('count', () => {
  it('knows one from many', () => {
    expect(count(1, 'ban')).toBe('1 ban');
    expect(count(0, 'ban')).toBe('0 bans');
    expect(count(1234, 'entry')).toBe('1,234 entries');
  });
});
