import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/testing/memory-store.js';
import type { SetName } from '../../src/words/names.js';
import { createWorld, startBench, timedSet, untimedSet } from './node-bench.js';

const FULL = new Error('the disk is full');

describe('with a disk that keeps nothing more', () => {
  it('what is asked takes effect, and is acknowledged only once the ledger is whole again', async () => {
    const store = createMemoryStore();
    const bench = await startBench(createWorld([timedSet]), { store });
    await bench.send('blacklist/add', '192.0.2.1 origin web1');
    expect(bench.unacknowledged()).toBe(0);
    store.failure = FULL;
    await bench.send('blacklist/del', '192.0.2.1 origin web1');
    await bench.send('blacklist/add', '192.0.2.2 timeout 600');
    expect(await bench.held()).toEqual(['192.0.2.2 600']);
    await bench.pass(30_000);
    expect(bench.unacknowledged()).toBe(2);
    store.failure = undefined;
    await bench.pass(60_000);
    expect(bench.unacknowledged()).toBe(0);
    await bench.node.close();
  });

  it('a kill brings back nothing that was lifted, since its message comes again', async () => {
    const world = createWorld([untimedSet]);
    const store = createMemoryStore();
    const first = await startBench(world, { store });
    await first.send('blacklist/add', '192.0.2.1 origin web1');
    store.failure = FULL;
    await first.send('blacklist/del', '192.0.2.1 origin web1');
    await first.send('blacklist/add', '192.0.2.2 timeout 600');
    // Killed: the connection ends, and nothing more of it reaches the disk.
    world.broker.cut('fw1');
    const pieces = createMemoryStore();
    for (const piece of store.pieces) {
      if (piece.note === undefined) pieces.append(piece.set, piece.columns);
      else pieces.note(piece.set, piece.note, piece.columns);
    }
    world.broker.mend('fw1');
    const again = await startBench(world, { store: pieces });
    await again.pass(2000);
    expect(await again.held()).toEqual(['192.0.2.2']);
    await again.pass(601_000);
    expect(await again.held()).toEqual([]);
    expect(again.unacknowledged()).toBe(0);
    await again.node.close();
    await first.node.close();
  });

  it('says once why the broker sends no more, and takes what it does send', async () => {
    const store = createMemoryStore();
    const bench = await startBench(createWorld([timedSet]), { store });
    store.failure = FULL;
    for (let index = 1; index <= 30; index += 1) {
      await bench.send('blacklist/add', `192.0.2.${String(index)}`);
    }
    expect(await bench.held()).toHaveLength(20);
    const said = bench.warnings.filter((text) => text.includes('not acknowledged'));
    expect(said).toHaveLength(1);
    store.failure = undefined;
    await bench.pass(60_000);
    expect(await bench.held()).toHaveLength(30);
    expect(bench.unacknowledged()).toBe(0);
    await bench.node.close();
  });
});

describe('with nothing to keep the ledger', () => {
  it('what is in the kernel is acknowledged at once', async () => {
    const bench = await startBench(createWorld([timedSet]));
    await bench.send('blacklist/add', '192.0.2.1\n192.0.2.2 origin web1');
    await bench.send('blacklist/del', '192.0.2.1');
    expect(await bench.held()).toEqual(['192.0.2.2']);
    expect(bench.unacknowledged()).toBe(0);
    await bench.node.close();
  });

  it('a ban of a missing set waits without holding up another set, and survives a kill', async () => {
    const world = createWorld([timedSet]);
    const topics = ['blacklist', 'other'];
    const first = await startBench(world, { topics });
    await first.send('other/add', '192.0.2.9');
    await first.send('blacklist/add', '192.0.2.1');
    expect(await first.held()).toEqual(['192.0.2.1']);
    expect(first.unacknowledged()).toBe(1);
    world.broker.cut('fw1');
    world.broker.mend('fw1');
    const again = await startBench(world, { topics });
    world.kernel.makeSet({ ...timedSet, set: 'other' });
    await again.pass(11_000);
    expect(await again.held('other' as SetName)).toEqual(['192.0.2.9']);
    expect(again.unacknowledged()).toBe(0);
    await again.node.close();
    await first.node.close();
  });

  it('an unban behind a ban that waits is not acknowledged before it', async () => {
    const bench = await startBench(createWorld([{ ...timedSet, maxEntries: 1 }]));
    await bench.send('blacklist/add', '192.0.2.1');
    await bench.send('blacklist/add', '192.0.2.2');
    await bench.send('blacklist/del', '192.0.2.2');
    await bench.send('blacklist/add', '192.0.2.3');
    expect(bench.unacknowledged()).toBe(3);
    await bench.send('blacklist/del', '192.0.2.1');
    await bench.pass(11_000);
    expect(await bench.held()).toEqual(['192.0.2.3']);
    expect(bench.unacknowledged()).toBe(0);
    await bench.node.close();
  });

  it('what no set here will ever take is acknowledged all the same', async () => {
    const bench = await startBench(createWorld([{ ...timedSet, type: 'hash:ip' }]));
    await bench.send('blacklist/add', '2001:db8::1');
    await bench.send('blacklist/add', '192.0.2.0/24');
    await bench.send('blacklist/add', '127.0.0.1');
    await bench.send('blacklist/add', 'nonsense');
    expect(bench.unacknowledged()).toBe(0);
    await bench.node.close();
  });
});
