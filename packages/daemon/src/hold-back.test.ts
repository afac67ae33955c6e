import { describe, it, expect } from '@jest/globals';
import { HoldBack } from './hold-back.js';

function setUp() {
  const messages: string[] = [];
  const time = { nowMs: 0 };
  const holdBack = new HoldBack({
    write: ({ message }) => messages.push(message),
    nowMs: () => time.nowMs,
    windowMs: 60_000,
  });
  const say = (message: string, key = 'k', burst = 1) => {
    holdBack.write(key, burst, { level: 'warning', event: 'failed', message });
  };
  return { messages, time, holdBack, say };
}

describe('HoldBack', () => {
  it('writes the first of a kind and counts the rest', () => {
    const { messages, time, holdBack, say } = setUp();
    say('a');
    say('b');
    say('c');
    say('other', 'k2');
    expect(messages).toEqual(['a', 'other']);
    holdBack.flush();
    expect(messages).toHaveLength(2);
    time.nowMs = 60_000;
    holdBack.flush();
    expect(messages.slice(2)).toEqual(['2 more like this were not logged, the last: c']);
  });

  it('writes as many as the burst allows', () => {
    const { messages, say } = setUp();
    for (const message of ['a', 'b', 'c', 'd']) say(message, 'k', 3);
    expect(messages).toEqual(['a', 'b', 'c']);
  });

  it('takes a fault for news again once it was over', () => {
    const { messages, holdBack, say } = setUp();
    say('a');
    say('b');
    holdBack.forget('k');
    say('c');
    expect(messages).toEqual(['a', '1 more like this were not logged, the last: b', 'c']);
  });

  it('starts a new window by itself', () => {
    const { messages, time, say } = setUp();
    say('a');
    time.nowMs = 60_000;
    say('b');
    expect(messages).toEqual(['a', 'b']);
  });

  it('says at the end what it still holds', () => {
    const { messages, holdBack, say } = setUp();
    say('a');
    say('b');
    holdBack.flush(true);
    expect(messages).toHaveLength(2);
  });
});
