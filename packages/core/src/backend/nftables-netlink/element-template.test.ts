import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MessageWriter } from '../../netlink/index.js';
import { ElementTemplate } from './element-template.js';
import { writeElement } from './write-elements.js';

const key = fc.oneof(
  fc.uint8Array({ minLength: 4, maxLength: 4 }),
  fc.uint8Array({ minLength: 16, maxLength: 16 }),
);
const timeoutMs = fc.constantFrom(undefined, 0, 1, 600_000, 2_147_483_000, 3_153_600_000_000);

describe('ElementTemplate', () => {
  it('writes what writeElement writes, whatever came before', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(key, timeoutMs), { maxLength: 40 }), (elements) => {
        const template = new ElementTemplate();
        const copied = new MessageWriter(4096);
        const written = new MessageWriter(4096);
        for (const element of elements) {
          template.write(copied, ...element);
          writeElement(written, ...element);
        }
        expect(copied.bytes()).toEqual(written.bytes());
      }),
    );
  });
});
