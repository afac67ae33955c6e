import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { MessageWriter } from '../../netlink/index.js';
import { IntervalTemplate } from './interval-template.js';
import { lastPosition } from '../../address/position.js';
import { writeInterval } from './write-elements.js';

const timeoutMs = fc.constantFrom(undefined, 0, 1, 600_000, 600_001, 3_153_600_000_000);
const comment = fc.constantFrom(undefined, undefined, undefined, 'vallum /8');

describe('IntervalTemplate', () => {
  it.each(['ipv4', 'ipv6'] as const)('writes %s as writeInterval does', (family) => {
    const end = lastPosition(family);
    const interval = fc
      .tuple(fc.bigInt({ min: 0n, max: BigInt(end) }), fc.bigInt({ min: 0n, max: BigInt(end) }))
      .map(([one, other]) => {
        const [first, last] = one < other ? [one, other] : [other, one];
        return family === 'ipv4' ? { first: Number(first), last: Number(last) } : { first, last };
      });
    const last = fc.constant({ first: family === 'ipv4' ? 7 : 7n, last: end });
    const element = fc.record({
      interval: fc.oneof({ weight: 5, arbitrary: interval }, last),
      timeoutMs,
      comment,
    });
    fc.assert(
      fc.property(fc.array(element, { maxLength: 40 }), (elements) => {
        const template = new IntervalTemplate(family);
        const copied = new MessageWriter(16_384);
        const written = new MessageWriter(16_384);
        for (const { interval, timeoutMs, comment } of elements) {
          const piece = { ...interval, endsAtMs: 1, ...(comment === undefined ? {} : { comment }) };
          template.write(copied, piece, timeoutMs);
          writeInterval(written, family, piece, timeoutMs);
        }
        expect(copied.bytes()).toEqual(written.bytes());
      }),
    );
  });
});
