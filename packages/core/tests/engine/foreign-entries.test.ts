import { describe, expect, it } from '@jest/globals';
import { parseAddress } from '../../src/address/parse.js';
import type { Change } from '../../src/backend/backend.js';
import type { MemoryBackend, MemorySetSpec } from '../../src/backend/memory/memory-backend.js';
import { createMemoryStore } from '../../src/testing/memory-store.js';
import { BLACKLIST, createWorld, startBench, timedSet, type Bench } from './node-bench.js';

const commented: MemorySetSpec = { ...timedSet, comments: true };

/** What an administrator types. */
async function administrate(
  kernel: MemoryBackend,
  op: 'add' | 'del',
  text: string,
  more: { timeoutSeconds?: number; comment?: string } = {},
): Promise<void> {
  const address = parseAddress(text);
  if (!address.ok) throw new Error(address.detail);
  const change: Change = {
    op,
    set: BLACKLIST,
    address: address.value,
    ...(op === 'add' ? more : {}),
  };
  await kernel.apply([change]);
}

describe.each(['without', 'with'] as const)(
  '%s a restart, an entry of somebody else',
  (restart) => {
    /** Goes on with the same node, or with one that has read the journal of the one before. */
    async function open(sets: readonly MemorySetSpec[] = [timedSet]) {
      const world = createWorld(sets);
      const store = createMemoryStore();
      let bench = await startBench(world, { store });
      return {
        kernel: world.kernel,
        get bench(): Bench {
          return bench;
        },
        async goOn(): Promise<void> {
          if (restart === 'without') return;
          await bench.node.close();
          bench = await startBench(world, { store });
        },
      };
    }

    it('stays where an origin ends a lease that it never had', async () => {
      const own = await open();
      await administrate(own.kernel, 'add', '192.0.2.9');
      await own.bench.send('blacklist/del', '192.0.2.9 origin web2');
      await own.goOn();
      await own.bench.pass(40_000);
      await own.bench.send('blacklist/del', '192.0.2.9 origin web2');
      expect(await own.bench.held()).toEqual(['192.0.2.9']);
      await own.bench.node.close();
    });

    it('keeps its time and comment where a shorter ban comes, and outlives its end', async () => {
      const own = await open([commented]);
      const mine = { timeoutSeconds: 5000, comment: 'mine' };
      await administrate(own.kernel, 'add', '192.0.2.9', mine);
      await own.bench.send('blacklist/add', '192.0.2.9 timeout 2 origin web1 reason "short"');
      await own.goOn();
      await own.bench.pass(40_000);
      const members: unknown[] = [];
      await own.kernel.members(BLACKLIST, ({ timeoutSeconds, comments, length }) =>
        members.push(length, timeoutSeconds[0], comments?.[0]),
      );
      expect(members).toEqual([1, 4960, 'mine']);
      await own.bench.node.close();
    });

    it('that is permanent stays where an origin bans and lifts', async () => {
      const own = await open();
      await administrate(own.kernel, 'add', '192.0.2.9');
      await own.bench.send('blacklist/add', '192.0.2.9 origin web1');
      await own.goOn();
      await own.bench.send('blacklist/del', '192.0.2.9 origin web1');
      await own.goOn();
      await own.bench.pass(40_000);
      expect(await own.bench.held()).toEqual(['192.0.2.9']);
      await own.bench.node.close();
    });

    it('that is an exception stays one, and the ban says that it does not hold', async () => {
      const own = await open();
      own.kernel.addException(BLACKLIST, '192.0.2.9');
      await own.bench.send('blacklist/add', '192.0.2.9 origin web1');
      expect(own.bench.reports).toMatchObject([{ outcome: 'failed', code: 'excepted' }]);
      await own.goOn();
      await own.bench.pass(40_000);
      const exceptions: number[] = [];
      await own.kernel.members(BLACKLIST, (members) => exceptions.push(members.exceptions[0] ?? 0));
      expect(exceptions).toEqual([1]);
      await own.bench.node.close();
    });

    it('goes by an anonymous unban, which asks nobody whose it is', async () => {
      const own = await open();
      await administrate(own.kernel, 'add', '192.0.2.9');
      await own.bench.send('blacklist/add', '192.0.2.9 origin web1');
      await own.goOn();
      await own.bench.send('blacklist/del', '192.0.2.9');
      expect(await own.bench.held()).toEqual([]);
      await own.bench.node.close();
    });

    it.each([
      ['ends before the ban', 60],
      ['is deleted by its owner', undefined],
    ])(
      'that %s is followed by ours within 30 s, which is ours from then on',
      async (_, seconds) => {
        const own = await open();
        const more = seconds === undefined ? {} : { timeoutSeconds: seconds };
        await administrate(own.kernel, 'add', '192.0.2.9', more);
        await own.bench.send('blacklist/add', '192.0.2.9 timeout 5000 origin web1');
        await own.goOn();
        await own.bench.pass(61_000);
        if (seconds === undefined) await administrate(own.kernel, 'del', '192.0.2.9');
        await own.bench.pass(30_000);
        expect(await own.bench.held()).toEqual([expect.stringMatching(/^192\.0\.2\.9 49\d\d$/)]);
        await own.goOn();
        await own.bench.pass(30_000);
        await own.bench.send('blacklist/del', '192.0.2.9 origin web1');
        expect(await own.bench.held()).toEqual([]);
        await own.bench.node.close();
      },
    );

    it('is known by its owner when the set was made anew and filled from what was saved', async () => {
      const own = await open();
      await administrate(own.kernel, 'add', '192.0.2.9');
      await own.bench.send('blacklist/add', '192.0.2.9 origin web1\n192.0.2.10 origin web1');
      await own.goOn();
      await own.bench.pass(20_000);
      own.kernel.destroySet(BLACKLIST);
      own.kernel.makeSet(timedSet);
      await administrate(own.kernel, 'add', '192.0.2.9');
      await administrate(own.kernel, 'add', '192.0.2.10');
      await own.bench.pass(30_000);
      await own.bench.send('blacklist/del', '192.0.2.9 origin web1\n192.0.2.10 origin web1');
      expect(await own.bench.held()).toEqual(['192.0.2.9']);
      await own.bench.node.close();
    });

    it('is not what policy had refused for a while', async () => {
      const own = await open();
      const policy = { protectHost: false } as const;
      await own.bench.send('blacklist/add', '192.0.2.9 origin web1');
      await own.bench.node.reconfigure({
        topics: ['blacklist'],
        policy: { ...policy, protect: ['192.0.2.9'] },
      });
      await own.bench.pass(2000);
      expect(await own.bench.held()).toEqual([]);
      await own.bench.node.reconfigure({ topics: ['blacklist'], policy });
      await own.bench.pass(2000);
      expect(await own.bench.held()).toEqual(['192.0.2.9']);
      await own.goOn();
      await own.bench.pass(30_000);
      await own.bench.send('blacklist/del', '192.0.2.9 origin web1');
      expect(await own.bench.held()).toEqual([]);
      await own.bench.node.close();
    });
  },
);
