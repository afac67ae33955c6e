import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { resolveTopic } from './resolve-topic.js';
import { parseBinding } from './topic.js';
import { TopicResolver } from './topic-resolver.js';

const bindings = ['blacklist', 'site/a=blacklist', 'site/a=other', 'site'].map((text) => {
  const binding = parseBinding(text);
  if (!binding.ok) throw new Error(binding.detail);
  return binding.value;
});
const topics = ['blacklist', 'blacklist/add', 'blacklist/del', 'site/a', 'site/a/sync', 'nowhere'];

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
