import { describe, it, expect } from '@jest/globals';
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

describe('quote', () => {
  it('shows input without anything a terminal would act upon', () => {
    expect(quote('a"\\\n\u001b[31m\u202eé')).toBe('"a\\"\\\\\\u{a}\\u{1b}[31m\\u{202e}é"');
  });

  it('cuts what is long', () => {
    expect(quote('x'.repeat(100))).toBe(`"${'x'.repeat(80)}…"`);
  });
});
