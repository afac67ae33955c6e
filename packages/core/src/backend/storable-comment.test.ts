import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { storableComment } from './storable-comment.js';

describe('what a set keeps of a comment', () => {
  it('is the text itself where it is plain', () => {
    expect(storableComment('web1: sshd')).toBe('web1: sshd');
    expect(storableComment('Prüfung')).toBe('Prüfung');
  });

  it('is nothing where there is nothing to see', () => {
    expect(storableComment('')).toBeUndefined();
    expect(storableComment('   ')).toBeUndefined();
  });

  it('holds no quotation mark, line break or control character, and fits', () => {
    expect(storableComment('say "hi"\nadd x 10.0.0.1')).toBe("say 'hi'\\x0aadd x 10.0.0.1");
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 600 }), (text) => {
        const comment = storableComment(text) ?? '';
        // eslint-disable-next-line no-control-regex -- these are what is looked for
        expect(comment).not.toMatch(/["\u0000-\u001f\u007f\u2028\u2029]/);
        expect(Buffer.byteLength(comment)).toBeLessThanOrEqual(255);
        expect(Buffer.from(comment).toString()).toBe(comment);
      }),
    );
  });

  it('ends between characters where it is cut', () => {
    expect(storableComment('ü'.repeat(300))).toMatch(/^ü{126,127}$/);
  });
});
