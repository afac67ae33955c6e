import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readBareAddress } from './bare-address.js';
import { decode } from './decode.js';
import { parseBinding } from './topic.js';
import { TopicResolver } from './topic-resolver.js';
import { resolveTopic } from './resolve-topic.js';

const bindings = ['blacklist', 'site/a=blacklist', 'site/a=other', 'site'].map((text) => {
  const binding = parseBinding(text);
  if (!binding.ok) throw new Error(binding.detail);
  return binding.value;
});
const topics = ['blacklist', 'blacklist/add', 'blacklist/del', 'site/a', 'site/a/del', 'nowhere'];

// Mostly what is an IPv4 address, or nearly one.
const nearly = fc.string({
  unit: fc.constantFrom(...Array.from('0123456789./ \n:a\u0660')),
  maxLength: 17,
});
const octets = fc.array(fc.nat(300), { minLength: 3, maxLength: 5 });
const payload = fc.oneof(
  fc.ipV4().map((text) => Buffer.from(text)),
  octets.map((numbers) => Buffer.from(numbers.join('.'))),
  nearly.map((text) => Buffer.from(text)),
  fc.uint8Array({ maxLength: 20 }).map((bytes) => Buffer.from(bytes)),
);

describe('the short way for a bare address', () => {
  it('gives what the long way gives, for any bytes', () => {
    fc.assert(
      fc.property(payload, fc.constantFrom(...topics), (bytes, topic) => {
        // A blank in front means nothing, and is not for the short way.
        const long = decode(
          { topic, payload: Buffer.concat([Buffer.of(0x20), bytes]) },
          bindings,
          0,
        );
        const short = decode({ topic, payload: bytes }, bindings, 0);
        expect(short.commands).toEqual(long.commands);
        expect(short.rejections.map(({ code }) => code)).toEqual(
          long.rejections.map(({ code }) => code),
        );
      }),
      { numRuns: 1000 },
    );
  });

  it('is taken by every IPv4 address, in whatever kind of bytes it stands', () => {
    fc.assert(
      fc.property(fc.ipV4(), (text) => {
        expect(readBareAddress(Buffer.from(text))?.text).toBe(text);
        const within = Uint8Array.from(Buffer.from(`x${text}x`)).subarray(1, 1 + text.length);
        expect(readBareAddress(within)?.text).toBe(text);
      }),
    );
  });
});

describe('TopicResolver', () => {
  it('says of one topic after another what resolveTopic says', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...topics), { maxLength: 20 }), (asked) => {
        const resolver = new TopicResolver(bindings);
        for (const topic of asked) {
          expect(resolver.resolve(topic)).toEqual(resolveTopic(topic, bindings));
        }
      }),
    );
  });
});
