import { describe, it, expect } from '@jest/globals';
import { waitForEnd } from './signals.js';

function setUp() {
  const listeners = new Map<string, () => void>();
  const signals = waitForEnd({
    onSignal(signal, listener) {
      listeners.set(signal, listener);
      return () => listeners.delete(signal);
    },
  });
  return { signals, send: (signal: string) => listeners.get(signal)?.(), listeners };
}

const settle = () => new Promise((resolve) => setImmediate(resolve));

describe('waitForEnd', () => {
  it.each(['SIGTERM', 'SIGINT'])('ends with %s', async (signal) => {
    const { signals, send } = setUp();
    send(signal);
    expect(await signals.asked).toBe(signal);
    expect(await signals.unlessAskedAgain(Promise.resolve())).toBe(false);
  });

  it('does not wait for a clean end after a second signal', async () => {
    const { signals, send } = setUp();
    send('SIGTERM');
    const ending = signals.unlessAskedAgain(new Promise(() => undefined));
    send('SIGINT');
    expect(await ending).toBe(true);
  });

  it('reloads one at a time, and once more for all that came meanwhile', async () => {
    const { signals, send } = setUp();
    let finish = () => {};
    let reloads = 0;
    signals.onReload(() => {
      reloads += 1;
      return new Promise((resolve) => (finish = resolve));
    });
    send('SIGHUP');
    send('SIGHUP');
    send('SIGHUP');
    await settle();
    expect(reloads).toBe(1);
    finish();
    await settle();
    expect(reloads).toBe(2);
    finish();
    await settle();
    expect(reloads).toBe(2);
    send('SIGHUP');
    await settle();
    expect(reloads).toBe(3);
  });

  it('keeps a SIGHUP that comes before there is anything to reload', async () => {
    const { signals, send } = setUp();
    send('SIGHUP');
    let reloads = 0;
    signals.onReload(() => {
      reloads += 1;
      return Promise.resolve();
    });
    await settle();
    expect(reloads).toBe(1);
  });

  it('listens no more after the end', () => {
    const { signals, listeners } = setUp();
    signals.close();
    expect([...listeners]).toEqual([]);
  });
});
