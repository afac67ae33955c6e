import { describe, expect, it } from '@jest/globals';
import { durationSeconds, parseDuration } from './duration.js';

describe('parseDuration', () => {
  it.each([
    ['90', 90],
    ['90s', 90],
    ['15m', 900],
    ['1h', 3600],
    ['1d12h', 129_600],
    ['1w1d1h1m1s', 694_861],
    ['1h30', 3630],
    ['never', 'never'],
    ['-1', 'never'],
    ['0', 'never'],
  ] as const)('reads %s as %s', (text, seconds) => {
    expect(parseDuration(text)).toEqual({ ok: true, value: seconds });
  });

  it.each([
    '',
    '-2',
    '1.5h',
    '1h ',
    '12h1d',
    '1y',
    'h',
    '1e9',
    '٣',
    '9'.repeat(400),
    '253402300800',
  ])('refuses %j', (text) => {
    expect(parseDuration(text)).toMatchObject({ ok: false, reason: 'bad-duration' });
  });

  it('does not repeat a terminal escape', () => {
    expect(parseDuration('\u001b[2J')).toMatchObject({
      detail: expect.not.stringContaining('\u001b') as unknown,
    });
  });
});

describe('durationSeconds', () => {
  it.each([
    ['0', 0],
    ['90', 90],
    ['1h30m', 5400],
    ['2d', 172_800],
    ['1w', 604_800],
    ['never', undefined],
    ['-1', undefined],
    ['', undefined],
    ['30m1h', undefined],
    ['1 h', undefined],
    ['1H', undefined],
  ])('reads %j as %j', (text, seconds) => {
    expect(durationSeconds(text)).toBe(seconds);
  });
});
