import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import { InternedTexts } from './interned.js';

describe('interned texts', () => {
  it('keep each text as long as something refers to it, and use its number again', () => {
    const anyStep = fc.record({
      isAcquired: fc.boolean(),
      text: fc.constantFrom('', 'a', 'b', 'c', 'd', 'e'),
    });
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 100 }), (steps) => {
        const texts = new InternedTexts(3);
        const counts = new Map<string, number>();
        for (const { isAcquired, text } of steps) {
          const count = counts.get(text) ?? 0;
          if (isAcquired) {
            const hasRoom = text === '' || count > 0 || counts.size < 3;
            expect(texts.hasRoomFor(text)).toBe(hasRoom);
            const number = texts.acquire(text);
            expect(number === -1).toBe(!hasRoom);
            if (hasRoom) expect(texts.text(number)).toBe(text);
            if (hasRoom && text !== '') counts.set(text, count + 1);
          } else if (count > 0) {
            texts.release(texts.numberOf(text));
            if (count > 1) counts.set(text, count - 1);
            else counts.delete(text);
          }
          expect(texts.size).toBe(counts.size);
          for (const kept of counts.keys()) {
            const number = texts.numberOf(kept);
            expect(number).toBeLessThanOrEqual(3);
            expect(texts.text(number)).toBe(kept);
          }
          if (text !== '' && !counts.has(text)) expect(texts.numberOf(text)).toBe(-1);
        }
      }),
    );
  });
});
