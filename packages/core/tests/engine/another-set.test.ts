import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../../src/address/parse.js';
import type { MemorySetSpec } from '../../src/backend/memory/memory-backend.js';
import { createMemoryStore } from '../../src/testing/memory-store.js';
import { BLACKLIST, createWorld, keptOpen, startBench, timedSet } from './node-bench.js';

/** In the middle of a firewall's reload the set is another one, for half a second. */
const MOMENTS: readonly (readonly [string, MemorySetSpec])[] = [
  ['of the other family', { ...timedSet, family: 'ipv6' }],
  ['of a type that Vallum does not edit', { ...timedSet, type: 'hash:ip,port' }],
  ['a hash:ip', { ...timedSet, type: 'hash:ip' }],
  ['a bitmap of other addresses', { ...timedSet, type: 'bitmap:ip', range: '10.0.0.0/24' }],
  ['full', { ...timedSet, maxEntries: 1 }],
  ['folding addresses', { ...timedSet, type: 'hash:ip', netmask: 24 }],
];

describe('a set that for half a second is', () => {
  describe.each(MOMENTS)('%s', (_, moment) => {
    it.each([
      ['and comes back as it was', true],
      ['and comes back anew', false],
    ])('%s holds afterwards what was asked for meanwhile', async (_how, isSwapped) => {
      // What a stranger folds into one entry of its own cannot be told apart afterwards.
      if (isSwapped && moment.netmask !== undefined) return;
      const store = createMemoryStore();
      const world = createWorld([timedSet]);
      const { kernel } = world;
      // As `ipset swap` does: the set itself is there all the time, under another name.
      let isAway = false;
      const other = createWorld([moment]).kernel;
      const backend = isSwapped
        ? {
            ...keptOpen(kernel),
            inspect: (set: typeof BLACKLIST) => (isAway ? other : kernel).inspect(set),
            applyColumns: (columns: Parameters<typeof kernel.applyColumns & object>[0]) =>
              (isAway ? other : kernel).applyColumns(columns),
          }
        : keptOpen(kernel);
      const bench = await startBench(world, { store, backend });
      await bench.send('blacklist/add', '192.0.2.1 origin web1\n192.0.2.2\n198.51.100.0/24');
      isAway = true;
      if (!isSwapped) {
        kernel.destroySet(BLACKLIST);
        kernel.makeSet(moment);
      }
      await bench.send('blacklist/add', '192.0.2.3\n203.0.113.0/24\n192.0.2.4 timeout 900');
      await bench.send('blacklist/del', '192.0.2.1 origin web1');
      await bench.send('blacklist/del', '192.0.2.2');
      expect(bench.unacknowledged()).toBe(0);
      isAway = false;
      if (!isSwapped) {
        kernel.destroySet(BLACKLIST);
        kernel.makeSet(timedSet);
      }
      await bench.pass(40_000);
      expect(await bench.held()).toEqual([
        '192.0.2.3',
        expect.stringMatching(/^192\.0\.2\.4 8\d\d$/),
        '198.51.100.0/24',
        '203.0.113.0/24',
      ]);
      await bench.node.close();
    });
  });

  it('of the other family says of a ban that it follows, and not that it is refused', async () => {
    const world = createWorld([timedSet]);
    const bench = await startBench(world);
    world.kernel.destroySet(BLACKLIST);
    world.kernel.makeSet({ ...timedSet, family: 'ipv6' });
    await bench.send('blacklist/add', '192.0.2.3');
    await bench.send('blacklist/add', '192.0.2.4');
    expect(bench.reports.at(-1)).toMatchObject({
      outcome: 'failed',
      code: 'wrong-family',
      willRetry: true,
    });
    await bench.node.close();
  });
});

describe('a set that somebody else changes', () => {
  /** `ipset` of somebody else, of which no event tells. */
  async function tamper(
    world: ReturnType<typeof createWorld>,
    op: 'add' | 'del',
    texts: readonly string[],
  ): Promise<void> {
    for (const text of texts) {
      const address = parseAddress(text);
      if (!address.ok) throw new Error(address.detail);
      await world.kernel.apply([{ op, set: BLACKLIST, address: address.value }]);
    }
  }

  it('loses a ban to `del` and gains another entry: the ban is back within 30 s', async () => {
    const world = createWorld([timedSet]);
    const bench = await startBench(world);
    await bench.send('blacklist/add', '192.0.2.1\n192.0.2.2\n192.0.2.3');
    await bench.pass(11_000);
    await tamper(world, 'del', ['192.0.2.2']);
    await tamper(world, 'add', ['10.0.0.1']);
    await bench.pass(30_000);
    expect(await bench.held()).toEqual(['10.0.0.1', '192.0.2.1', '192.0.2.2', '192.0.2.3']);
    await bench.node.close();
  });

  it('is flushed and filled with as many foreign entries: the bans are back within 30 s', async () => {
    const world = createWorld([timedSet]);
    // Without `watch`, as ipset.
    const { watch: _, ...backend } = keptOpen(world.kernel);
    const bench = await startBench(world, { backend });
    await bench.send('blacklist/add', '192.0.2.1\n192.0.2.2 timeout 5000');
    await bench.pass(11_000);
    world.kernel.flush(BLACKLIST);
    await tamper(world, 'add', ['10.0.0.1', '10.0.0.2']);
    await bench.pass(30_000);
    expect(await bench.held()).toEqual([
      '10.0.0.1',
      '10.0.0.2',
      '192.0.2.1',
      expect.stringMatching(/^192\.0\.2\.2 49\d\d$/),
    ]);
    await bench.node.close();
  });

  it('is mended at once where the kernel tells of it', async () => {
    const world = createWorld([timedSet]);
    const listeners: ((set: typeof BLACKLIST) => void)[] = [];
    const backend = {
      ...keptOpen(world.kernel),
      watch: (changed: (set: typeof BLACKLIST) => void) => {
        listeners.push(changed);
        return () => undefined;
      },
    };
    const bench = await startBench(world, { backend });
    await bench.send('blacklist/add', '192.0.2.1\n192.0.2.2');
    await bench.pass(11_000);
    await tamper(world, 'del', ['192.0.2.2']);
    // A storm of events is one look.
    for (let event = 0; event < 1000; event += 1) listeners[0]?.(BLACKLIST);
    await bench.pass(1000);
    expect(await bench.held()).toEqual(['192.0.2.1', '192.0.2.2']);
    await bench.node.close();
  });

  it('has an entry of ours with another time: it is given its own again', async () => {
    const world = createWorld([timedSet]);
    const bench = await startBench(world);
    await bench.send('blacklist/add', '192.0.2.1 timeout 3600');
    const address = parseAddress('192.0.2.1');
    if (!address.ok) throw new Error(address.detail);
    await world.kernel.apply([
      { op: 'add', set: BLACKLIST, address: address.value, timeoutSeconds: 5 },
    ]);
    await bench.pass(40_000);
    expect(await bench.held()).toEqual([expect.stringMatching(/^192\.0\.2\.1 35\d\d$/)]);
    await bench.node.close();
  });
});
