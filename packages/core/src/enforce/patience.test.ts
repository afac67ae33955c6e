import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../testing/fake-clock.js';
import { Patience } from './patience.js';

const never = new Promise<void>(() => undefined);

function start() {
  const clock = createFakeClock();
  const patience = new Patience(clock, 1_000);
  const ended: string[] = [];
  const wait = (name: string, done: Promise<void>) => {
    void patience.wait(done).then(() => ended.push(name));
  };
  /** Lets time pass, and then what waits for promises. */
  const pass = async (ms: number) => {
    clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { wait, ended, pass };
}

describe('waiting with patience', () => {
  it('ends with what is waited for', async () => {
    const { wait, ended, pass } = start();
    wait('done', Promise.resolve());
    wait('failed', Promise.reject(new Error('broken')));
    wait('silent', never);
    await pass(0);
    expect(ended).toEqual(['done', 'failed']);
  });

  it('ends without it after a second, and for each who waits by itself', async () => {
    const { wait, ended, pass } = start();
    wait('first', never);
    await pass(600);
    wait('second', never);
    await pass(399);
    expect(ended).toEqual([]);
    await pass(1);
    expect(ended).toEqual(['first']);
    await pass(500);
    expect(ended).toEqual(['first', 'second']);
    wait('third', never);
    await pass(1_000);
    expect(ended).toEqual(['first', 'second', 'third']);
  });
});
