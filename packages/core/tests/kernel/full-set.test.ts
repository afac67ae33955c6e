import { execFileSync } from 'node:child_process';
import { afterEach, expect, it } from '@jest/globals';
import { suiteNeeding, waitFor } from '@vallum/test-kit';
import type { Backend } from '../../src/backend/backend.js';
import { createNetlinkIpsetBackend } from '../../src/backend/ipset-netlink/netlink-ipset-backend.js';
import { createVallum } from '../../src/node/vallum.js';
import type { Vallum } from '../../src/node/vallum-types.js';

const CAPACITY = 1_000;

function ipset(...args: readonly string[]): string {
  return execFileSync('ipset', args, { encoding: 'utf8' });
}

function entries(set: string): number {
  return ipset('save', set)
    .split('\n')
    .filter((line) => line.startsWith('add ')).length;
}

function addresses(second: number, count: number): string[] {
  return Array.from(
    { length: count },
    (_, index) => `10.${String(second)}.${String(index >> 8)}.${String(index & 255)}`,
  );
}

suiteNeeding(['ipset'], 'a set of the kernel that is full', () => {
  let node: Vallum | undefined;

  afterEach(async () => {
    await node?.close();
    execFileSync('sh', ['-c', 'for set in $(ipset list -n); do ipset destroy "$set"; done']);
  });

  it('is asked for as many of 20,000 bans as there is room for, and holds up no other set', async () => {
    ipset('create', 'full', 'hash:ip', 'timeout', '0', 'maxelem', String(CAPACITY));
    ipset('create', 'calm', 'hash:ip', 'timeout', '0');
    const netlink = await createNetlinkIpsetBackend();
    let asked = 0;
    const backend: Backend = {
      ...netlink,
      applyColumns(changes) {
        if (changes.set === 'full') asked += changes.length;
        return netlink.applyColumns!(changes);
      },
    };
    node = await createVallum({
      topics: ['full', 'calm'],
      backend,
      policy: { protectHost: false },
      checkIntervalMs: 500,
    });
    await node.ban(addresses(1, CAPACITY), { set: 'full', timeoutSeconds: 5 });
    await node.ban(addresses(2, 20_000), { set: 'full' });
    expect(entries('full')).toBe(CAPACITY);
    // The calls in which it was filled and found full, and a question a second since.
    expect(asked).toBeLessThan(CAPACITY + 2_000 + 20);

    asked = 0;
    await node.unban(addresses(1, 10), { set: 'full' });
    await waitFor(() => entries('full') === CAPACITY, { timeoutMs: 5_000, what: 'a full set' });
    expect(asked).toBeLessThan(50);

    // The kernel drops by itself what is over.
    asked = 0;
    const first = addresses(2, CAPACITY);
    const held = (): number => {
      const saved = ipset('save', 'full');
      return first.filter((address) => saved.includes(`${address} `)).length;
    };
    await waitFor(() => held() === CAPACITY, {
      timeoutMs: 20_000,
      what: 'a set that is full anew',
    });
    expect(asked).toBeLessThan(3 * CAPACITY);

    const [report] = await node.ban('192.0.2.1', { set: 'calm' });
    expect(report).toMatchObject({ outcome: 'banned' });
  });
});
