import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { TextReader } from './text-reader.js';

describe('TextReader', () => {
  it('reads what the bytes say, whatever it has read before', () => {
    // Few letters and short texts, so that many are alike or nearly so.
    const text = fc.oneof(
      fc.string({ unit: fc.constantFrom('a', 'b', '1', '2'), maxLength: 4 }),
      fc.string({ unit: 'grapheme-ascii', maxLength: 256 }),
    );
    fc.assert(
      fc.property(fc.array(text, { maxLength: 400 }), (texts) => {
        const reader = new TextReader();
        const bytes = Buffer.from(texts.join('|'));
        let start = 0;
        for (const expected of texts) {
          expect(reader.read(bytes, start, start + expected.length)).toBe(expected);
          start += expected.length + 1;
        }
      }),
    );
  });

  it('texts that share a place take it from each other', () => {
    const reader = new TextReader();
    const texts = Array.from({ length: 5_000 }, (_, index) => `web${index.toString()}.sshd`);
    for (const text of [...texts, ...texts]) {
      expect(reader.read(Buffer.from(text), 0, text.length)).toBe(text);
    }
  });
});
