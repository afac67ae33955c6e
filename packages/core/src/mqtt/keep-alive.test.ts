import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import { KeepAlive } from './keep-alive.js';

function setUp(seconds = 60) {
  const events: string[] = [];
  let held = false;
  const keepAlive = new KeepAlive({
    seconds,
    ping: () => events.push('ping'),
    onSilence: () => events.push('silence'),
    isHeld: () => held,
  });
  return { keepAlive, events, hold: (value: boolean) => (held = value) };
}

describe('KeepAlive', () => {
  beforeEach(() => {
    jest.useFakeTimers({ doNotFake: ['setImmediate'] });
  });
  afterEach(() => {
    jest.useRealTimers();
  });
  const pass = async (seconds: number) => {
    jest.advanceTimersByTime(seconds * 1000);
    await nextTurn();
  };

  it('pings once in a keep-alive, and says nothing of a broker that answers', async () => {
    const { keepAlive, events } = setUp();
    for (let minute = 0; minute < 5; minute += 1) {
      await pass(60);
      keepAlive.heard();
    }
    expect(events).toEqual(Array(5).fill('ping'));
    keepAlive.stop();
  });

  it('notices a death in silence one and a half keep-alives later, at the latest', async () => {
    const { keepAlive, events } = setUp();
    await pass(60);
    // The last sign of life comes right behind the ping.
    keepAlive.heard();
    await pass(89);
    expect(events).toEqual(['ping', 'ping']);
    await pass(1);
    expect(events).toEqual(['ping', 'ping', 'silence']);
    keepAlive.stop();
  });

  it('does not judge while a message is held, and does once it is not', async () => {
    const { keepAlive, events, hold } = setUp();
    hold(true);
    await pass(200);
    expect(events).toEqual(['ping', 'ping', 'ping']);
    hold(false);
    await pass(10);
    expect(events.at(-1)).toBe('silence');
    keepAlive.stop();
  });

  it('is silent once it is stopped', async () => {
    const { keepAlive, events } = setUp();
    await pass(60);
    keepAlive.stop();
    await pass(600);
    expect(events).toEqual(['ping']);
  });
});
