import { describe, expect, it } from '@jest/globals';
import { createFakeClock } from '../../testing/fake-clock.js';
import type { EventListener } from '../event-socket.js';
import { FakeKernel } from '../fake-kernel.js';
import { watchNetwork } from './watch-network.js';

function watching() {
  const clock = createFakeClock();
  const listeners: EventListener[] = [];
  const counts = { changed: 0, stopped: 0, failed: 0 };
  const world = { refuse: false };
  const stop = watchNetwork(
    new FakeKernel(),
    () => counts.changed++,
    () => counts.failed++,
    {
      clock,
      listen: (_libc, _protocol, _groups, listener) => {
        if (world.refuse) throw new Error('EMFILE');
        listeners.push(listener);
        return () => counts.stopped++;
      },
    },
  );
  const heard = () => {
    listeners.at(-1)?.heard(new Uint8Array(0));
  };
  const lose = () => {
    listeners.at(-1)?.lost(new Error('ENOBUFS'));
  };
  return { clock, counts, world, stop, heard, lose, listeners };
}

describe('watching the network', () => {
  it('calls back once for a burst, when it is over', () => {
    const { clock, counts, heard } = watching();
    heard();
    clock.advance(40);
    heard();
    heard();
    clock.advance(40);
    expect(counts.changed).toBe(0);
    clock.advance(20);
    expect(counts.changed).toBe(1);
    clock.advance(10_000);
    expect(counts.changed).toBe(1);
    heard();
    clock.advance(50);
    expect(counts.changed).toBe(2);
  });

  it('calls back each second where the events never pause', () => {
    const { clock, counts, heard } = watching();
    for (let at = 0; at < 500; at++) {
      heard();
      clock.advance(10);
    }
    expect(counts.changed).toBeGreaterThanOrEqual(4);
    expect(counts.changed).toBeLessThanOrEqual(5);
  });

  it('listens again where events were lost, and takes it for a change', () => {
    const { clock, counts, heard, lose, listeners } = watching();
    lose();
    expect(counts.changed).toBe(0);
    clock.advance(1_000);
    expect([counts.changed, listeners.length]).toEqual([1, 2]);
    heard();
    clock.advance(50);
    expect(counts.changed).toBe(2);
  });

  it('says so where it cannot listen again', () => {
    const { clock, counts, world, lose } = watching();
    world.refuse = true;
    lose();
    clock.advance(1_000);
    expect(counts).toMatchObject({ changed: 0, failed: 1 });
  });

  it('is silent once it is stopped', () => {
    const { clock, counts, stop, heard, lose } = watching();
    heard();
    lose();
    stop();
    clock.advance(10_000);
    expect(counts).toEqual({ changed: 0, stopped: 1, failed: 0 });
  });
});
