import { describe, it, expect } from '@jest/globals';
import { parseDuration } from './duration.js';
import { quote } from './quote.js';
import { suggest } from './suggest.js';

describe('suggest', () => {
  it.each([
    ['hots', 'host'],
    ['prot', 'port'],
    ['pasword', 'password'],
    ['pass', 'password'],
    ['keep-alive', 'keepalive'],
    ['frobnicate', undefined],
    ['', undefined],
  ])('for %j offers %j', (typed, expected) => {
    expect(suggest(typed, ['host', 'port', 'password', 'keepalive'])).toBe(expected);
  });
});

describe('parseDuration', () => {
  it.each([
    ['90', 90],
    ['90s', 90],
    ['10m', 600],
    ['1h30m', 5400],
    ['2d', 172_800],
    ['1w', 604_800],
    ['', undefined],
    ['h', undefined],
    ['1.5h', undefined],
    ['-1', undefined],
    ['1 h', undefined],
    ['1H', undefined],
  ])('reads %j as %j seconds', (text, seconds) => {
    expect(parseDuration(text)).toBe(seconds);
  });
});

describe('quote', () => {
  it('shows input without anything a terminal would act upon', () => {
    expect(quote('a"\\\n\u001b[31m\u202eé')).toBe('"a\\"\\\\\\u{a}\\u{1b}[31m\\u{202e}é"');
  });

  it('cuts what is long', () => {
    expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(80)}…"`);
  });
});
