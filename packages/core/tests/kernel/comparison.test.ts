import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { mustRun, suiteNeeding, waitFor } from '@vallum/test-kit';
import { createIpsetBackend } from '../../src/backend/ipset-backend.js';
import { createVallum } from '../../src/node/vallum.js';
import type { Vallum } from '../../src/node/vallum-types.js';

const BANS = 100_000;
const MENDED_WITHIN_MS = 30_000;

function addressOf(net: number, index: number): string {
  return `${String(net)}.${String(index >> 16)}.${String((index >> 8) & 255)}.${String(index & 255)}`;
}

suiteNeeding(['ipset'], 'a set of 100,000 bans that somebody else changes', () => {
  let node: Vallum;
  let live = 0;
  const tookMs: number[] = [];

  /** Bans one address after another while `work` goes on. */
  const banMeanwhile = async (work: Promise<unknown>): Promise<void> => {
    const state = { isOver: false };
    const over = work.finally(() => (state.isOver = true));
    while (!state.isOver) {
      live += 1;
      const asked = performance.now();
      await node.ban(addressOf(12, live), { timeoutSeconds: 600 });
      tookMs.push(performance.now() - asked);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await over;
  };
  const isIn = async (address: string): Promise<boolean> =>
    (await mustRun('sh', ['-c', `ipset test big ${address} 2>&1 || true`])).includes('is in set');
  const comesBack = (address: string) =>
    waitFor(async () => ((await isIn(address)) ? true : undefined), {
      timeoutMs: MENDED_WITHIN_MS,
      intervalMs: 200,
      what: `${address} in the set again`,
    });

  beforeAll(async () => {
    await mustRun('ipset', ['create', 'big', 'hash:ip', 'maxelem', '500000', 'timeout', '0']);
    const backend = await createIpsetBackend();
    node = await createVallum({ topics: ['big'], backend, policy: { protectHost: false } });
    const all = Array.from({ length: BANS }, (_, index) => addressOf(11, index));
    await node.ban(all, { until: 'never' });
  }, 120_000);
  afterAll(async () => {
    await node.close();
    await mustRun('ipset', ['destroy', 'big']);
  });

  it('has a ban back 30 s after `ipset del`, though as many entries came as went', async () => {
    await mustRun('ipset', ['del', 'big', addressOf(11, 77_777)]);
    await mustRun('ipset', ['add', 'big', '10.0.0.1']);
    await banMeanwhile(comesBack(addressOf(11, 77_777)));
  }, 60_000);

  it('has all back 30 s after a flush and as many foreign entries, and live bans meanwhile', async () => {
    const foreign = Array.from(
      { length: BANS },
      (_, index) => `add big ${addressOf(10, index + 2)}`,
    );
    await mustRun('ipset', ['-'], { input: `flush big\n${foreign.join('\n')}\n` });
    await banMeanwhile(
      waitFor(
        async () => {
          const saved = await mustRun('ipset', ['save', 'big']);
          const ours = saved.split('\n').filter((line) => line.startsWith('add big 11.'));
          return ours.length === BANS ? true : undefined;
        },
        { timeoutMs: MENDED_WITHIN_MS, intervalMs: 1000, what: 'all bans in the set again' },
      ),
    );
    expect(node.status().sets).toMatchObject([{ pending: 0 }]);
    const sorted = tookMs.sort((one, other) => one - other);
    expect(sorted[Math.floor(0.99 * sorted.length)]).toBeLessThan(250);
  }, 60_000);
});
