import { describe, expect, it } from '@jest/globals';
import { isCarried, isStatusTopic, maySubscribe } from './carried-topics.js';

const bindings = [{ topic: 'blacklist' }, { topic: 'site/a/x' }];

describe('the topics that the embedded broker carries', () => {
  it.each([
    ...['blacklist', 'blacklist/add', 'blacklist/del', 'blacklist/sync', 'blacklist/ask'],
    ...['site/a/x', 'site/a/x/del', 'vallumd/fw1', 'vallumd/fw1/sync', 'vallumd/reply/c-1.x:2'],
    ...['vallum/protect/add', 'vallum/protect/del'],
  ])('are %s', (topic) => {
    expect(isCarried(topic, bindings)).toBe(true);
    expect(maySubscribe(topic, bindings)).toBe(true);
  });

  it.each([
    ...['', 'blacklis', 'blacklist2', 'blacklist/', 'blacklist/add/x', 'blacklist/ADD', 'site/a'],
    ...['vallumd', 'vallumd/', 'vallumd/fw1/', 'vallumd/fw1/x', 'vallumd/reply/', 'vallumd/a b'],
    ...[`vallumd/${'x'.repeat(129)}`, 'vallum/protect', 'vallum/protect/x', '$SYS/x', 'home/light'],
  ])('are not %j', (topic) => {
    expect(isCarried(topic, bindings)).toBe(false);
    expect(maySubscribe(topic, bindings)).toBe(false);
  });

  it('are subscribed to with wildcards, and what the broker tells is not', () => {
    expect(maySubscribe('#', bindings)).toBe(true);
    expect(maySubscribe('vallumd/+', bindings)).toBe(true);
    expect(maySubscribe('$SYS/#', bindings)).toBe(false);
  });

  it('are retained where they are statuses', () => {
    expect(['vallumd/fw1', 'vallumd/fw1/sync', 'vallumd/', 'blacklist'].map(isStatusTopic)).toEqual(
      [...[true, false, false, false]],
    );
  });
});
