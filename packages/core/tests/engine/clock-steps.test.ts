import { describe, expect, it } from '@jest/globals';
import { createMemoryStore } from '../../src/testing/memory-store.js';
import { createWorld, startBench, timedSet, untimedSet } from './node-bench.js';

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;

/** The memory kernel tells the time by the wall, as the real one does not: what it holds is shifted. */
describe('a clock that is set', () => {
  it('ten days ahead, having been slow when a ban of ten minutes came, leaves it ten minutes', async () => {
    const world = createWorld([untimedSet]);
    const bench = await startBench(world);
    const trueNow = Math.floor(world.clock.nowMs() / 1000) + (10 * DAY_MS) / 1000;
    await bench.send('blacklist/add', `192.0.2.1 until ${String(trueNow + 600)} origin web1`);
    world.clock.step(10 * DAY_MS);
    await bench.pass(590_000);
    expect(await bench.held()).toEqual(['192.0.2.1']);
    await bench.pass(15_000);
    expect(await bench.held()).toEqual([]);
    await bench.node.close();
  });

  it('two hours ahead ends what is over by it in a set without timeouts', async () => {
    const world = createWorld([untimedSet]);
    const bench = await startBench(world);
    await bench.send('blacklist/add', '192.0.2.1 timeout 3600\n192.0.2.2 timeout 9000');
    world.clock.step(2 * HOUR_MS);
    await bench.pass(3000);
    expect(await bench.held()).toEqual(['192.0.2.2']);
    expect(bench.node.status().sets).toMatchObject([{ bans: 1, pending: 0 }]);
    await bench.node.close();
  });

  it('back leaves a ban until its end by the new time', async () => {
    const world = createWorld([untimedSet]);
    const bench = await startBench(world);
    const now = Math.floor(world.clock.nowMs() / 1000);
    await bench.send('blacklist/add', `192.0.2.1 until ${String(now + 600)}`);
    world.clock.step(-HOUR_MS);
    await bench.pass(700_000);
    expect(await bench.held()).toEqual(['192.0.2.1']);
    world.clock.step(HOUR_MS);
    await bench.pass(3000);
    expect(await bench.held()).toEqual([]);
    await bench.node.close();
  });

  it('back lets a bare unban end a bare ban of the time before, also after a restart', async () => {
    const world = createWorld([timedSet]);
    const store = createMemoryStore();
    const bench = await startBench(world, { store });
    await bench.send('blacklist/add', '192.0.2.1');
    await bench.send('blacklist/add', '192.0.2.2');
    world.clock.step(-2 * HOUR_MS);
    await bench.send('blacklist/del', '192.0.2.1');
    expect(await bench.held()).toEqual(['192.0.2.2']);
    await bench.node.close();
    const again = await startBench(world, { store });
    await again.send('blacklist/del', '192.0.2.2');
    expect(await again.held()).toEqual([]);
    await again.node.close();
  });

  it('back lets an unban that its publisher stamped end a ban of the time before', async () => {
    const world = createWorld([timedSet]);
    const bench = await startBench(world);
    await bench.send('blacklist/add', '192.0.2.1 origin web1');
    world.clock.step(-2 * HOUR_MS);
    await bench.pass(2000);
    const at = String(world.clock.nowMs());
    await bench.send('blacklist/del', `192.0.2.1 origin web1 at ${at}`);
    expect(await bench.held()).toEqual([]);
    await bench.node.close();
  });
});
