import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { mustRun, runProcess, suiteNeeding, waitFor } from '@vallum/test-kit';
import { createNftablesBackend } from '../../src/backend/nftables-netlink/nftables-backend.js';
import { createVallum } from '../../src/node/vallum.js';
import type { Vallum, VallumStatus } from '../../src/node/vallum-types.js';

/** The periodic look at the sets plays no part. */
const NEVER_CHECKED_MS = 3_600_000;
const SET = 'add set inet vallum watched { type ipv4_addr; flags timeout; }';

suiteNeeding(['nft'], 'an nftables set that somebody else changes', () => {
  let node: Vallum;
  /** The set as each `books` event has shown it. */
  let books: VallumStatus['sets'][number][];

  const nft = (script: string) => mustRun('nft', ['-f', '-'], { input: script });
  const holds = async (address: string): Promise<boolean> => {
    const args = ['get', 'element', 'inet', 'vallum', 'watched', `{ ${address} }`];
    return (await runProcess('nft', args)).code === 0;
  };
  const comesBack = (address: string) =>
    waitFor(() => holds(address), { timeoutMs: 10_000, what: `${address} in the set again` });
  const booksSay = (wanted: Partial<VallumStatus['sets'][number]>) =>
    waitFor(
      () => {
        const last = books.at(-1);
        const isSo =
          last?.state === wanted.state &&
          last?.bans === wanted.bans &&
          last?.pending === wanted.pending;
        return isSo ? true : undefined;
      },
      { timeoutMs: 10_000, what: `books of ${JSON.stringify(wanted)}` },
    );

  beforeEach(async () => {
    await nft(`add table inet vallum\n${SET}\n`);
    books = [];
    node = await createVallum({
      topics: ['watched'],
      backend: await createNftablesBackend({ family: 'inet', table: 'vallum', chain: false }),
      policy: { protectHost: false },
      checkIntervalMs: NEVER_CHECKED_MS,
    });
    node.on('books', () => {
      const [shown] = node.status().sets;
      if (shown !== undefined) books.push(shown);
    });
  });
  afterEach(async () => {
    await node.close();
    await nft('flush ruleset\n');
  });

  it('has each ban back soon after it was deleted, and foreign elements as they were', async () => {
    await nft('add element inet vallum watched { 203.0.113.1 timeout 5000s, 203.0.113.2 }\n');
    await node.ban(['192.0.2.1', '192.0.2.2'], { until: 'never' });
    await node.ban('203.0.113.1', { timeoutSeconds: 60 });
    for (const address of ['192.0.2.1', '192.0.2.2']) {
      await nft(`delete element inet vallum watched { ${address} }\n`);
      await comesBack(address);
    }
    await nft('flush set inet vallum watched\nadd element inet vallum watched { 203.0.113.2 }\n');
    await comesBack('192.0.2.1');
    await comesBack('192.0.2.2');
    expect(await holds('203.0.113.2')).toBe(true);

    await node.unban('203.0.113.2', { origin: 'web1' });
    await node.unban(['192.0.2.1', '192.0.2.2']);
    await node.unban('203.0.113.1');
    const listed = await mustRun('nft', ['list', 'set', 'inet', 'vallum', 'watched']);
    expect(/elements = \{ (.*) \}/.exec(listed)?.[1]).toBe('203.0.113.2');
  });

  it('leaves the time of a foreign element alone, and takes its place when it is deleted', async () => {
    await nft('add element inet vallum watched { 203.0.113.1 timeout 5000s }\n');
    await node.ban('203.0.113.1', { timeoutSeconds: 60 });
    const list = () => mustRun('nft', ['list', 'set', 'inet', 'vallum', 'watched']);
    expect(await list()).toContain('203.0.113.1 timeout 1h23m20s');
    await nft('delete element inet vallum watched { 203.0.113.1 }\n');
    await comesBack('203.0.113.1');
    expect(await list()).toMatch(/203\.0\.113\.1 timeout (1m|[45]\ds)/);
  });

  it('that is deleted and made again is told of by the books, and filled', async () => {
    await node.ban(['192.0.2.1', '192.0.2.2'], { until: 'never' });
    await booksSay({ state: 'ready', bans: 2, pending: 0 });
    await nft('delete set inet vallum watched\n');
    await booksSay({ state: 'missing', bans: 2, pending: 2 });
    await nft(`${SET}\n`);
    await booksSay({ state: 'ready', bans: 2, pending: 0 });
    expect(await holds('192.0.2.1')).toBe(true);
    expect(await holds('192.0.2.2')).toBe(true);
  });
});
