import { describe, expect, it } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { addressLines, settle, startEngine } from '../enforce/engine.fixture.js';
import { createFakeClock } from '../testing/fake-clock.js';
import type { SetName } from '../words/names.js';
import type { VallumOptions, VallumStatus } from './vallum-types.js';

const S = 'list' as SetName;
const list = { set: S, type: 'hash:ip', family: 'ipv4', maxEntries: 3 } as const;

async function start(options: Partial<VallumOptions> = {}) {
  const engine = await startEngine([list], options);
  const told: { bans: number; pending: number; state: string }[] = [];
  engine.node.on('books', () => {
    told.push(...engine.node.status().sets.map(shown));
  });
  await engine.pass(1_500);
  return { ...engine, told };
}

function shown({ bans, pending, state }: VallumStatus['sets'][number]) {
  return { bans, pending, state };
}

describe('the books', () => {
  it('tell within a second that a set has become full, and that it has room again', async () => {
    const { send, pass, told, node } = await start();
    await send('list', addressLines(3));
    await pass(1_000);
    expect(told.at(-1)).toEqual({ bans: 3, pending: 0, state: 'ready' });
    await send('list', addressLines(2, '', 3));
    await pass(1_000);
    expect(told.at(-1)).toEqual({ bans: 5, pending: 2, state: 'ready' });
    await send('list/del', addressLines(2));
    await pass(1_000);
    expect(told.at(-1)).toEqual({ bans: 3, pending: 0, state: 'ready' });
    await node.close();
  });

  it('tell within a second of the ban that finds the set gone that it holds none any more', async () => {
    const { send, pass, told, node, memory } = await start();
    await send('list', addressLines(2));
    await pass(1_000);
    memory.destroySet(S);
    await send('list', '192.0.2.1');
    await pass(1_000);
    expect(told.at(-1)).toEqual({ bans: 3, pending: 3, state: 'missing' });
    memory.makeSet(list);
    await send('list', '192.0.2.1');
    await pass(11_000);
    expect(told.at(-1)).toEqual({ bans: 3, pending: 0, state: 'ready' });
    await node.close();
  });

  it('tell within a second of the event that the set has gone or come, where the kernel tells', async () => {
    const clock = createFakeClock();
    const kernel = createMemoryBackend({ sets: [list], clock });
    let changed: (set: SetName) => void = () => undefined;
    const { send, pass, told, node } = await start({
      deps: { clock },
      backend: {
        ...kernel,
        watch: (listener) => {
          changed = listener;
          return () => undefined;
        },
      },
    });
    const passes = async (): Promise<void> => {
      for (let step = 0; step < 10; step++) {
        clock.advance(100);
        await settle();
      }
      await pass(0);
    };
    await send('list', addressLines(2));
    await passes();
    kernel.destroySet(S);
    changed(S);
    await passes();
    expect(told.at(-1)).toEqual({ bans: 2, pending: 2, state: 'missing' });
    kernel.makeSet(list);
    changed(S);
    await passes();
    expect(told.at(-1)).toEqual({ bans: 2, pending: 0, state: 'ready' });
    await node.close();
  });

  it('tell nothing where nothing has changed, and once a second at most where much does', async () => {
    const { send, pass, told, node } = await start();
    told.length = 0;
    await pass(30_000);
    expect(told).toEqual([]);
    for (let round = 0; round < 10; round++) {
      await send('list', '192.0.2.1');
      await send('list/del', '192.0.2.1');
    }
    await send('list', '192.0.2.2');
    await pass(1_500);
    expect(told.length).toBeLessThanOrEqual(2);
    expect(told.at(-1)).toMatchObject({ bans: 1 });
    await node.close();
  });
});
