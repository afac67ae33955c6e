import { describe, expect, it } from '@jest/globals';
import { createVallum } from '../../src/node/vallum.js';
import { systemClock } from '../../src/system/clock.js';
import { createMemoryBackend } from '../../src/backend/memory/memory-backend.js';
import type { Backend } from '../../src/backend/backend.js';
import { timedSet } from './node-bench.js';

/** One set's program never comes back. */
function hungBackend(): Backend {
  const memory = createMemoryBackend({ sets: [timedSet, { ...timedSet, set: 'stuck' }] });
  const never = new Promise<never>(() => undefined);
  return {
    ...memory,
    inspect: (set) => (set === 'stuck' ? never : memory.inspect(set)),
    members: (set, visit) => (set === 'stuck' ? never : memory.members(set, visit)),
    applyColumns: (columns) => (columns.set === 'stuck' ? never : memory.applyColumns(columns)),
    close: () => never,
  };
}

describe('a set whose program hangs', () => {
  it('delays neither the start, nor another set, nor the end', async () => {
    const started = performance.now();
    const node = await createVallum({
      topics: ['stuck', 'blacklist'],
      backend: hungBackend(),
      policy: { protectHost: false },
      deps: { clock: systemClock },
    });
    expect(performance.now() - started).toBeLessThan(4000);
    void node.ban('192.0.2.1', { set: 'stuck' });
    const asked = performance.now();
    expect(await node.ban('192.0.2.2', { set: 'blacklist' })).toMatchObject([
      { outcome: 'banned' },
    ]);
    expect(performance.now() - asked).toBeLessThan(500);
    const ended = performance.now();
    await node.close();
    expect(performance.now() - ended).toBeLessThan(7000);
  }, 20_000);
});
