import { describe, expect, it } from '@jest/globals';
import { resolveTopic } from './resolve-topic.js';
import { parseBinding, topicFilters, topicFor, type Binding } from './topic.js';

function bindings(...texts: string[]): Binding[] {
  return texts.map((text) => {
    const result = parseBinding(text);
    if (!result.ok) throw new Error(result.detail);
    return result.value;
  });
}

describe('parseBinding', () => {
  it.each([
    ['blacklist', 'blacklist', 'blacklist'],
    ['test/subtopic', 'test/subtopic', 'test/subtopic'],
    ['site/a/blacklist=blacklist', 'site/a/blacklist', 'blacklist'],
    ['a=b=set', 'a=b', 'set'],
    ['a//b=set', 'a//b', 'set'],
  ])('reads %s as topic %s and set %s', (text, topic, set) => {
    expect(parseBinding(text)).toEqual({ ok: true, value: { topic, set } });
  });

  it.each([
    ['', 'bad-topic'],
    ['=set', 'bad-topic'],
    ['blacklist/#', 'bad-topic'],
    ['+/blacklist=set', 'bad-topic'],
    ['/blacklist', 'bad-topic'],
    ['blacklist/', 'bad-topic'],
    ['$SYS/blacklist=set', 'bad-topic'],
    ['black\0list=set', 'bad-topic'],
    ['black\nlist=set', 'bad-topic'],
    ['\ud800=set', 'bad-topic'],
    [`${'ü'.repeat(32_501)}=set`, 'bad-topic'],
    ['blacklist=', 'bad-set-name'],
    ['blacklist=-exist', 'bad-set-name'],
    ['blacklist=a; flush', 'bad-set-name'],
    ['a/topic/that/is/longer/than/any/set', 'bad-set-name'],
  ])('refuses %j: %s', (text, reason) => {
    expect(parseBinding(text)).toMatchObject({ ok: false, reason });
  });

  it('tells how to name the set where the topic cannot be its name', () => {
    expect(parseBinding('a/topic/that/is/longer/than/any/set')).toMatchObject({
      detail: expect.stringContaining('topic=set') as unknown,
    });
  });
});

describe('topicFilters', () => {
  it('takes every topic once', () => {
    expect(topicFilters(bindings('a=x', 'a=y', 'b'))).toEqual(['a/#', 'b/#']);
  });

  it('leaves out what another filter covers, so that nothing comes twice', () => {
    expect(topicFilters(bindings('a/b', 'a', 'ab'))).toEqual(['a/#', 'ab/#']);
  });
});

describe('resolveTopic', () => {
  const bound = bindings('a=one', 'a/b=two', 'a/b=three', 'c/add=four');

  it.each([
    ['a', 'ban', ['one']],
    ['a/add', 'ban', ['one']],
    ['a/del', 'unban', ['one']],
    ['a/b', 'ban', ['two', 'three']],
    ['a/b/del', 'unban', ['two', 'three']],
    ['c/add', 'ban', ['four']],
    ['c/add/del', 'unban', ['four']],
    ['a/sync', 'nodes', ['one']],
    ['a/b/ask', 'nodes', ['two', 'three']],
  ])('reads %s as %s of %j', (topic, action, sets) => {
    const result = resolveTopic(topic, bound);
    expect(result).toMatchObject({ ok: true, value: { action } });
    expect(result.ok && result.value.bindings.map(({ set }) => set)).toEqual(sets);
  });

  it.each([
    ['b', 'unknown-topic'],
    ['ab/add', 'unknown-topic'],
    ['', 'unknown-topic'],
    ['c', 'unknown-topic'],
    ['a/', 'unknown-action'],
    ['a/ADD', 'unknown-action'],
    ['a/flush', 'unknown-action'],
    ['a/add/', 'unknown-action'],
    ['a/sync/', 'unknown-action'],
    ['a/lease/web1/192.0.2.7', 'unknown-action'],
  ])('refuses %j: %s', (topic, reason) => {
    expect(resolveTopic(topic, bound)).toMatchObject({ ok: false, reason });
  });
});

describe('topicFor', () => {
  it('is where decode reads the same action', () => {
    for (const action of ['ban', 'unban'] as const) {
      expect(resolveTopic(topicFor('a', action), bindings('a'))).toMatchObject({
        value: { action },
      });
    }
    expect(topicFor('blacklist', 'ban')).toBe('blacklist/add');
  });
});
