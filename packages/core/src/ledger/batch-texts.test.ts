import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { BatchTexts } from './batch-texts.js';
import { InternedTexts } from './interned.js';

describe('texts of a batch', () => {
  it('have the numbers that are interned, whatever was forgotten and numbered anew meanwhile', () => {
    const names = ['', 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i'];
    const anyStep = fc.record({
      index: fc.nat(names.length - 1),
      what: fc.constantFrom('acquire', 'release', 'begin'),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
        const interned = new InternedTexts(4);
        const batch = new BatchTexts(interned);
        const texts = [...names];
        batch.begin(texts);
        for (const { index, what } of steps) {
          const text = texts[index] ?? '';
          const number = interned.numberOf(text);
          const { size } = interned;
          expect(batch.numberOf(index)).toBe(number);
          expect(batch.hasRoomFor(index)).toBe(interned.hasRoomFor(text));
          if (what === 'begin') {
            // Another batch, in the same array.
            texts.reverse();
            batch.begin(texts);
          } else if (what === 'acquire') {
            const acquired = batch.acquire(index);
            expect(acquired === -1).toBe(number === -1 && size === 4);
            if (acquired !== -1) expect(interned.text(acquired)).toBe(text);
          } else if (number > 0) {
            interned.release(number);
          }
        }
      }),
    );
  });

  it('are looked up also where there are more than it keeps, and none where there is none', () => {
    const interned = new InternedTexts(10_000);
    const texts = Array.from({ length: 6000 }, (_, index) => (index === 0 ? '' : `t${index}`));
    const batch = new BatchTexts(interned);
    batch.begin(texts);
    for (let index = 0; index < texts.length; index++) {
      expect(interned.text(batch.acquire(index))).toBe(texts[index]);
      expect(interned.text(batch.numberOf(index))).toBe(texts[index]);
    }
    batch.begin(['', 'x']);
    expect(batch.numberOf(2)).toBe(0);
    expect(batch.numberOf(1)).toBe(-1);
  });
});
