import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { maskWords } from './mask-words.js';

describe('a mask', () => {
  it('keeps the first bits of an address, and no other', () => {
    const word = fc.nat(0xffff_ffff);
    fc.assert(
      fc.property(fc.array(word, { minLength: 4, maxLength: 4 }), fc.nat(128), (words, bits) => {
        const masked = new Uint32Array(4);
        maskWords(Uint32Array.from([9, ...words]), 1, 4, bits, masked);
        const text = (parts: Iterable<number>) =>
          [...parts].map((part) => part.toString(2).padStart(32, '0')).join('');
        expect(text(masked)).toBe(text(words).slice(0, bits).padEnd(128, '0'));
      }),
    );
  });
});
