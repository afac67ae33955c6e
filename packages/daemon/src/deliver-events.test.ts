import { describe, expect, it } from '@jest/globals';
import type { VallumStatus } from '@vallum/core';
import { deliverEvents } from './deliver-events.js';

const now: VallumStatus = { connection: 'connected', sets: [], ledgers: [] };

function setUp(read: () => VallumStatus | undefined = () => now) {
  const calls: string[] = [];
  const note = (call: string) => () => void calls.push(call);
  const listeners = deliverEvents({
    log: {},
    status: {
      ...{ changed: note('status changed'), counted: note('status counted') },
      connected: note('status connected'),
    },
    contact: {
      connection: note('contact connection'),
      received: note('contact received'),
      ledgers: () => undefined,
    },
    observer: { worked: note('worked'), status: note('show') },
    setChanged: note('set changed'),
    read,
  });
  return { calls, listeners };
}

describe('the events of a node', () => {
  it('bring every change of the books to the broker and to the service manager', () => {
    const { calls, listeners } = setUp();
    listeners.books?.();
    expect(calls).toEqual(['status changed', 'show']);
  });

  it('have the status looked at where its kind may have changed, and not for each ban', () => {
    const { calls, listeners } = setUp();
    const rejected = { outcome: 'rejected', code: 'bad-entry', via: 'a', input: '', detail: '' };
    listeners.report?.(rejected as never);
    listeners.summary?.({} as never);
    expect(calls).toEqual(['status counted', 'status counted']);
    listeners.set?.({ state: 'missing' } as never);
    listeners.checked?.();
    expect(calls.filter((call) => call === 'status changed')).toHaveLength(2);
  });

  it('feed the watchdog by work done, and not by looking', () => {
    const { calls, listeners } = setUp();
    listeners.checked?.();
    listeners.report?.({
      ...{ outcome: 'rejected', code: 'bad-entry', via: 'a', input: '', detail: '' },
    });
    expect(calls).not.toContain('worked');
    listeners.worked?.();
    expect(calls).toContain('worked');
  });

  it('say the status anew on each connection, once it stands', async () => {
    const { calls, listeners } = setUp();
    listeners.connection?.({
      ...{ state: 'connected', protocolVersion: 5, sessionPresent: false, brokerAddresses: [] },
    });
    expect(calls).toEqual(['contact connection', 'show']);
    await Promise.resolve();
    expect(calls).toEqual(['contact connection', 'show', 'status connected']);
  });

  it('show nothing before the node has started', () => {
    const { calls, listeners } = setUp(() => undefined);
    listeners.checked?.();
    expect(calls).toEqual(['status changed']);
  });
});
