import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { TransportMessage } from '../transport/transport.js';
import { Inbox, type InboxOptions } from './inbox.js';

/** An inbox whose handler ends when told to, and what became of each message. */
function setUp(options: Partial<InboxOptions> = {}) {
  const handled: string[][] = [];
  const events: string[] = [];
  const faults: string[] = [];
  let finish: () => void = () => undefined;
  const inbox = new Inbox({
    handle: (messages) => {
      handled.push(messages.map(({ topic }) => topic));
      return new Promise((resolve) => {
        finish = () => {
          resolve([]);
        };
      });
    },
    onFault: (messages, error) => faults.push(`${messages[0]?.topic ?? ''}: ${String(error)}`),
    ...options,
  });
  const deliver = (topic: string, isCurrent = () => true, payload = new Uint8Array(1)) => {
    const message: TransportMessage = { topic, payload, retained: false };
    inbox.deliver({
      message,
      get isCurrent() {
        return isCurrent();
      },
      qos: 1,
      proceed: () => events.push(`${topic} proceeds`),
      acknowledge: () => events.push(`${topic} acknowledged`),
    });
  };
  return { inbox, handled, events, faults, deliver, finish: () => finish() };
}

describe('Inbox', () => {
  it('hands over together what arrived at once, and acknowledges it once it is handled', async () => {
    const { handled, events, deliver, finish } = setUp();
    deliver('a');
    deliver('b');
    expect(events).toEqual(['a proceeds', 'b proceeds']);
    await nextTurn();
    expect(handled).toEqual([['a', 'b']]);
    expect(events).toHaveLength(2);
    finish();
    await nextTurn();
    expect(events.slice(2)).toEqual(['a acknowledged', 'b acknowledged']);
  });

  it('handles what comes alone before the event loop goes on', async () => {
    const { handled, deliver } = setUp();
    deliver('a');
    expect(handled).toEqual([]);
    await Promise.resolve();
    expect(handled).toEqual([['a']]);
  });

  it('gathers what comes behind it, call by call, until the event loop has turned', async () => {
    const { handled, deliver } = setUp({ handle: (messages) => note(messages) });
    const note = (messages: readonly TransportMessage[]) => {
      handled.push(messages.map(({ topic }) => topic));
      return Promise.resolve([]);
    };
    for (const topic of ['a', 'b', 'c']) {
      deliver(topic);
      for (let tick = 0; tick < 20; tick++) await Promise.resolve();
    }
    expect(handled).toEqual([['a']]);
    await nextTurn();
    expect(handled).toEqual([['a'], ['b', 'c']]);
  });

  it('lets others have their turn between two handlings, whatever waits', async () => {
    const waiting = ['a', 'b', 'c', 'd'];
    const turns: number[] = [];
    let turn = 0;
    const inbox = new Inbox({
      handle: () => {
        turns.push(turn);
        return Promise.resolve([]);
      },
      mostMessages: 1,
      onFault: () => undefined,
    });
    const read = () => {
      const topic = waiting.shift();
      if (topic === undefined) return;
      const message: TransportMessage = { topic, payload: new Uint8Array(1), retained: false };
      inbox.deliver({
        message,
        isCurrent: true,
        qos: 0,
        proceed: read,
        acknowledge: () => undefined,
      });
    };
    read();
    for (; turn < 6; turn++) await nextTurn();
    expect(turns).toEqual([0, 1, 2, 3]);
  });

  it('never handles two at once, though an acknowledgement brings the next message', async () => {
    let handling = 0;
    const most: number[] = [];
    const inbox = new Inbox({
      handle: async () => {
        handling += 1;
        most.push(handling);
        await nextTurn();
        handling -= 1;
        return [];
      },
      onFault: () => undefined,
    });
    let left = 5;
    const bring = (): void => {
      if (left-- <= 0) return;
      const message: TransportMessage = { topic: 'a', payload: new Uint8Array(1), retained: false };
      inbox.deliver({
        message,
        isCurrent: true,
        qos: 2,
        proceed: () => undefined,
        acknowledge: bring,
      });
    };
    bring();
    bring();
    for (let turn = 0; turn < 20; turn++) await nextTurn();
    expect(most.length).toBeGreaterThanOrEqual(3);
    expect(Math.max(...most)).toBe(1);
    await inbox.idle();
  });

  it('handles nothing that came in the moment in which it is stopped', async () => {
    const { inbox, handled, events, deliver } = setUp();
    deliver('a');
    await inbox.stop();
    expect(handled).toEqual([]);
    expect(events).toEqual(['a proceeds']);
  });

  it('lets nothing more come while messages are being handled', async () => {
    const { handled, events, deliver, finish } = setUp();
    deliver('a');
    await nextTurn();
    deliver('b');
    await nextTurn();
    expect(events).toEqual(['a proceeds']);
    expect(handled).toEqual([['a']]);
    finish();
    await nextTurn();
    await nextTurn();
    expect(events).toEqual(['a proceeds', 'a acknowledged', 'b proceeds']);
    expect(handled).toEqual([['a'], ['b']]);
  });

  it('stops taking messages where many are waiting, or much', async () => {
    const few = setUp({ mostMessages: 2 });
    few.deliver('a');
    few.deliver('b');
    expect(few.events).toEqual(['a proceeds']);
    const large = setUp();
    large.deliver('giant', () => true, new Uint8Array(65_536));
    expect(large.events).toEqual([]);
    await nextTurn();
    large.finish();
    await nextTurn();
    expect(large.events).toEqual(['giant acknowledged', 'giant proceeds']);
  });

  it('neither handles nor acknowledges what an ended connection has brought', async () => {
    const { handled, events, deliver, finish } = setUp();
    deliver('old', () => false);
    deliver('new');
    await nextTurn();
    finish();
    await nextTurn();
    expect(handled).toEqual([['new']]);
    expect(events).toEqual(['old proceeds', 'new proceeds', 'new acknowledged']);
  });

  it('acknowledges later what has a promise of its own, and lets the next come before', async () => {
    const acknowledge = new Map<string, () => void>();
    let isConnected = true;
    const { events, deliver } = setUp({
      handle: (messages) =>
        Promise.resolve(
          messages.map(({ topic }) =>
            topic.startsWith('late')
              ? new Promise<void>((resolve) => acknowledge.set(topic, resolve))
              : undefined,
          ),
        ),
    });
    deliver('late 1');
    deliver('late 2', () => isConnected);
    deliver('a');
    await nextTurn();
    deliver('b');
    await nextTurn();
    expect(events.filter((event) => event.endsWith('acknowledged'))).toEqual([
      'a acknowledged',
      'b acknowledged',
    ]);
    events.length = 0;
    acknowledge.get('late 1')?.();
    isConnected = false;
    acknowledge.get('late 2')?.();
    await nextTurn();
    expect(events).toEqual(['late 1 acknowledged']);
  });

  it('reports a handler that fails, and goes on', async () => {
    const { events, faults, deliver } = setUp({
      handle: () => Promise.reject(new Error('broken')),
    });
    deliver('a');
    await nextTurn();
    expect(faults).toEqual(['a: Error: broken']);
    expect(events).toEqual(['a proceeds', 'a acknowledged']);
  });

  it('is idle once everything that came has been handled', async () => {
    const { inbox, deliver, finish } = setUp();
    await inbox.idle();
    deliver('a');
    let idle = false;
    void inbox.idle().then(() => (idle = true));
    await nextTurn();
    expect(idle).toBe(false);
    finish();
    await nextTurn();
    expect(idle).toBe(true);
  });
});
