import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { filterFault, filterMatches, likelyFilters, topicFault } from './topic-filter.js';

describe('filterMatches', () => {
  // MQTT 5 section 4.7.1 and 4.7.2
  it.each([
    ['a/b', 'a/b', true],
    ['a/b', 'a/bc', false],
    ['a/#', 'a', true],
    ['a/#', 'a/b/c', true],
    ['a/#', 'ab', false],
    ['#', 'a/b', true],
    ['+', 'a', true],
    ['+', 'a/b', false],
    ['+/+', '/a', true],
    ['a/+', 'a/', true],
    ['a/+', 'a', false],
    ['a/+/c', 'a/b/c', true],
    ['#', '$SYS/x', false],
    ['+/x', '$SYS/x', false],
    ['$SYS/#', '$SYS/x', true],
    ['$share/group/a/#', 'a/b', true],
    ['$share/group/b', 'a', false],
  ])('%s and %s: %s', (filter, topic, expected) => {
    expect(filterMatches(filter, topic)).toBe(expected);
  });
});

describe('likelyFilters', () => {
  const level = fc.stringMatching(/^[a-z]{1,3}$/);

  it('holds only usable filters that match the topic', () => {
    fc.assert(
      fc.property(fc.array(level, { minLength: 1, maxLength: 6 }), (levels) => {
        const topic = levels.join('/');
        for (const filter of likelyFilters(topic)) {
          expect(filterFault(filter)).toBeUndefined();
          expect(filterMatches(filter, topic)).toBe(true);
        }
      }),
    );
  });

  it('holds the forms that an earlier configuration would have used', () => {
    expect(likelyFilters('site/list/add')).toEqual(
      expect.arrayContaining(['site/list/add', 'site/list/+', 'site/list/#', 'site/#', '#']),
    );
  });

  it('stays small for a hostile topic', () => {
    expect(likelyFilters('/'.repeat(60_000)).length).toBeLessThan(30);
  });
});

describe('filterFault and topicFault', () => {
  it.each(['', 'a\0b', 'a\nb', 'a/#/b', 'a#', 'a+/b', 'x'.repeat(65_536)])('refuse %j', (text) => {
    expect(filterFault(text)).toEqual(expect.any(String));
    expect(topicFault(text)).toEqual(expect.any(String));
  });

  it('allow wildcards in a filter and not in a topic', () => {
    for (const text of ['a/+/b', '#', '+', 'a/#']) {
      expect(filterFault(text)).toBeUndefined();
      expect(topicFault(text)).toMatch(/no \+ or #/);
    }
    expect(topicFault('a/b')).toBeUndefined();
  });
});
