import { describe, expect, it } from '@jest/globals';
import { createVallum, type LeaseOrder, type Vallum } from '@vallum/core';
import { createMemoryBackend } from '@vallum/core/testing';
import { mergeLeases } from './merge-leases.js';

const SETS = ['one', 'two', 'none'];
const YEAR_2100 = 4_102_444_800;

async function withBans(): Promise<Vallum> {
  const vallum = await createVallum({
    topics: SETS,
    backend: createMemoryBackend(),
    create: { type: 'hash:net', defaultTimeoutSeconds: 0 },
    policy: { protectHost: false },
  });
  const bans: readonly [string, string, number | undefined][] = [
    ['one', '203.0.113.9', YEAR_2100],
    ['two', '203.0.113.10', YEAR_2100 + 1],
    ['one', '2001:db8::1', YEAR_2100 + 2],
    ['two', '192.0.2.0/24', undefined],
    ['one', '192.0.2.0/25', undefined],
    ['two', '203.0.113.9', YEAR_2100 - 1],
  ];
  let stampMs = Date.now();
  for (const [set, address, until] of bans) {
    // No two of them at the same moment.
    while (Date.now() <= stampMs) await new Promise((resolve) => setTimeout(resolve, 1));
    stampMs = Date.now();
    await vallum.ban(address, { set, origin: 'web1', ...(until === undefined ? {} : { until }) });
  }
  return vallum;
}

describe('leases of several sets', () => {
  it.each<[LeaseOrder, string[]]>([
    [
      'since',
      [
        'two 203.0.113.9',
        'one 192.0.2.0/25',
        'two 192.0.2.0/24',
        'one 2001:db8::1',
        'two 203.0.113.10',
        'one 203.0.113.9',
      ],
    ],
    [
      'until',
      [
        'two 203.0.113.9',
        'one 203.0.113.9',
        'two 203.0.113.10',
        'one 2001:db8::1',
        'one 192.0.2.0/25',
        'two 192.0.2.0/24',
      ],
    ],
    [
      'address',
      [
        'two 192.0.2.0/24',
        'one 192.0.2.0/25',
        'one 203.0.113.9',
        'two 203.0.113.9',
        'two 203.0.113.10',
        'one 2001:db8::1',
      ],
    ],
  ])('come in one order by %s', async (sort, wanted) => {
    const vallum = await withBans();
    const found: string[] = [];
    for await (const { set, address } of mergeLeases(SETS, sort, (set) =>
      vallum.leases(set, { sort }),
    )) {
      found.push(`${set} ${address}`);
    }
    expect(found).toEqual(wanted);
    await vallum.close();
  });

  it('come set after set where none is asked for', async () => {
    const vallum = await withBans();
    const found: string[] = [];
    for await (const { set } of mergeLeases(SETS, undefined, (set) => vallum.leases(set))) {
      found.push(set);
    }
    expect(found).toEqual(['one', 'one', 'one', 'two', 'two', 'two']);
    await vallum.close();
  });

  it('leave none of them open where their reader has had enough, or one breaks off', async () => {
    const ended: string[] = [];
    async function* endless(set: string, breaks = false) {
      try {
        for (let stampMs = 9; ; stampMs--) {
          if (breaks) throw new Error('broken');
          yield { set, stampMs } as never;
        }
      } finally {
        ended.push(set);
      }
    }
    for await (const lease of mergeLeases(['a', 'b'], 'since', (set) => endless(set))) {
      expect(lease.stampMs).toBe(9);
      break;
    }
    expect(ended.sort()).toEqual(['a', 'b']);
    ended.length = 0;
    const broken = mergeLeases(['a', 'b'], 'since', (set) => endless(set, set === 'b'));
    await expect(broken[Symbol.asyncIterator]().next()).rejects.toThrow('broken');
    expect(ended.sort()).toEqual(['a', 'b']);
  });
});
