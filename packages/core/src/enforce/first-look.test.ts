import { describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { createVallum } from '../node/vallum.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createMemoryStore } from '../testing/memory-store.js';
import type { Transport, TransportHandlers } from '../transport/transport.js';
import { addressLines, settle } from './engine.fixture.js';

const SETS = [{ set: 'blacklist', type: 'hash:ip', family: 'ipv4', maxEntries: 1 << 20 }] as const;
const LARGE = 100_001;

describe('the first comparison of a large set', () => {
  it('waits until the broker listens, and no longer than half a second', async () => {
    const clock = createFakeClock();
    const store = createMemoryStore();
    const memory = createMemoryBackend({ sets: SETS, clock });
    let handlers: TransportHandlers | undefined;
    let looks = 0;
    let questions = 0;
    const transport: Transport = {
      open: (given) => {
        handlers = given;
      },
      subscribe: () => undefined,
      publish: () => Promise.resolve(),
      close: () => Promise.resolve(),
    };
    const start = () => {
      looks = 0;
      return createVallum({
        topics: ['blacklist'],
        backend: {
          ...memory,
          inspect: async (set) => {
            questions += 1;
            return memory.inspect(set);
          },
          members: async (...args) => {
            looks += 1;
            await memory.members(...args);
          },
        },
        transport,
        store,
        deps: { clock },
        policy: { protectHost: false },
        limits: { registers: 200_000 },
      });
    };
    const first = await start();
    for (let from = 0; from < LARGE; from += 50_000) {
      const payload = Buffer.from(addressLines(Math.min(50_000, LARGE - from), '', from));
      await handlers?.message({ topic: 'blacklist/add', payload, retained: false });
    }
    await first.close();

    const listening = await start();
    await settle();
    expect(looks).toBe(0);
    const asked = questions;
    handlers?.subscription?.('blacklist', 'granted');
    await settle();
    expect(looks).toBe(1);
    // What the sets are is known from a moment ago.
    expect(questions).toBe(asked);
    await listening.close();

    const alone = await start();
    clock.advance(499);
    await settle();
    expect(looks).toBe(0);
    clock.advance(1);
    await settle();
    expect(looks).toBe(1);
    await alone.close();
  });
});
