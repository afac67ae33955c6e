import { describe, expect, it } from '@jest/globals';
import { escapeForDisplay } from './escape.js';

describe('escapeForDisplay', () => {
  it.each([
    ['plain text, quotes " and $(x)', 'plain text, quotes " and $(x)'],
    ['grüße 你好 🎉', 'grüße 你好 🎉'],
    ['a\nb\r\tc', 'a\\x0ab\\x0d\\x09c'],
    ['\u001b[31mred', '\\x1b[31mred'],
    ['\0\u007f', '\\x00\\x7f'],
    ['\u009b31m', '\\u{9b}31m'],
    ['\\x1b', '\\\\x1b'],
    ['abc\u202edef', 'abc\\u{202e}def'],
    ['\u200b\ufeff\u00a0\u2028', '\\u{200b}\\u{feff}\\u{a0}\\u{2028}'],
    ['\ud800', '\\u{d800}'],
    ['\u{e0001}', '\\u{e0001}'],
    ['', ''],
  ])('shows %j as %s', (input, shown) => {
    expect(escapeForDisplay(input)).toBe(shown);
  });

  it('shows bytes as UTF-8, and what is none as \\x', () => {
    expect(escapeForDisplay(Buffer.from('grüße 你 🎉\n'))).toBe('grüße 你 🎉\\x0a');
    expect(escapeForDisplay(Uint8Array.of(0x41, 0xff, 0xc3, 0x28, 0xe4, 0xbd, 0xf0, 0x9f))).toBe(
      'A\\xff\\xc3(\\xe4\\xbd\\xf0\\x9f',
    );
    expect(escapeForDisplay(Uint8Array.of(0x80, 0xed, 0xa0, 0x80))).toBe('\\x80\\xed\\xa0\\x80');
  });

  it('cuts at 80 characters and says so', () => {
    expect(escapeForDisplay('A'.repeat(80))).toBe('A'.repeat(80));
    expect(escapeForDisplay('A'.repeat(81))).toBe(`${'A'.repeat(79)}…`);
    expect(escapeForDisplay(Buffer.alloc(1_000_000, 'A'))).toBe(`${'A'.repeat(79)}…`);
  });

  it('never cuts an escape in two', () => {
    expect(escapeForDisplay('ab\n\n', 10)).toBe('ab\\x0a\\x0a');
    expect(escapeForDisplay('ab\n\n!', 10)).toBe('ab\\x0a…');
    expect(escapeForDisplay('abcdefgh\n', 10)).toBe('abcdefgh…');
  });
});
