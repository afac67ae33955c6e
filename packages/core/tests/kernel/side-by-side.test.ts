import { execFileSync } from 'node:child_process';
import { afterEach, expect, it } from '@jest/globals';
import { suiteNeeding, testNeeding, type Need } from '@vallum/test-kit';
import { applyInColumns } from '../../src/backend/apply-in-columns.js';
import { ADD, ADD_NEW, APPLIED, DELETE, FAILED, PRESENT } from '../../src/backend/backend.js';
import type { Backend, ChangeColumns } from '../../src/backend/backend.js';
import { createIpsetProcessBackend } from '../../src/backend/ipset-process/ipset-process-backend.js';
import { createNetlinkIpsetBackend } from '../../src/backend/ipset-netlink/netlink-ipset-backend.js';
import { createNftablesBackend } from '../../src/backend/nftables-netlink/nftables-backend.js';
import { createNftablesProcessBackend } from '../../src/backend/nftables-process/nftables-process-backend.js';
import { add, verdicts } from '../../src/testing/contract-case.js';
import type { SetName } from '../../src/words/names.js';

const large = 'large' as SetName;
const small = 'small' as SetName;

/** 10.0.0.0, 10.0.0.1, … */
function columns(op: number, length: number): ChangeColumns {
  return {
    set: large,
    family: 'ipv4',
    length,
    words: Uint32Array.from({ length }, (_, index) => 0x0a000000 + index),
    prefixLengths: new Uint8Array(length).fill(32),
    ops: new Uint8Array(length).fill(op),
    timeoutSeconds: new Uint32Array(length).fill(600),
  };
}

function count(outcomes: Uint8Array, outcome: number): number {
  return outcomes.reduce((sum, each) => sum + Number(each === outcome), 0);
}

async function makeSets(backend: Backend): Promise<void> {
  const timed = { type: 'hash:ip', family: 'ipv4', defaultTimeoutSeconds: 0 } as const;
  await backend.create({ ...timed, set: large, maxEntries: 400_000 });
  await backend.create({ ...timed, set: small });
}

const kinds: [string, number, () => Promise<Backend>, Need[]][] = [
  ['ipset over netlink', 300_000, () => createNetlinkIpsetBackend(), []],
  ['ipset', 30_000, () => Promise.resolve(createIpsetProcessBackend()), []],
  ['nftables over netlink', 200_000, () => createNftablesBackend(), []],
  ['nft', 20_000, () => Promise.resolve(createNftablesProcessBackend()), ['nft-in-bulk']],
];

suiteNeeding(['ipset', 'nft'], 'sets side by side', () => {
  afterEach(() => {
    execFileSync('sh', ['-c', 'ipset flush; ipset destroy; nft flush ruleset']);
  });

  for (const [kind, many, open, needs] of kinds)
    testNeeding(needs, `${kind}: many changes of one set hold up none of another`, async () => {
      const backend = await open();
      await makeSets(backend);
      let ended = 0;
      const isUnderWay = (): boolean => ended === 0;
      const bulk = applyInColumns(backend, columns(ADD, many)).finally(() => ended++);
      let during = 0;
      for (let last = 1; last <= 250 && isUnderWay(); last++) {
        const reports = await backend.apply([add(small, `192.0.2.${last}`, 60)]);
        expect(verdicts(reports)).toEqual(['applied']);
        if (isUnderWay()) during++;
        await new Promise((resolve) => setTimeout(resolve, 1));
      }
      expect(during).toBeGreaterThan(1);
      expect(count((await bulk).outcomes, APPLIED)).toBe(many);
      expect((await backend.inspect(large))?.entries).toBe(many);
      await backend.close();
    });

  for (const [kind, many, open, needs] of kinds)
    testNeeding(needs, `${kind}: changes of one set keep the order of the calls`, async () => {
      const backend = await open();
      await makeSets(backend);
      const added = applyInColumns(backend, columns(ADD, many / 10));
      const again = applyInColumns(backend, columns(ADD_NEW, many / 10));
      const deleted = applyInColumns(backend, columns(DELETE, many / 10));
      expect(count((await added).outcomes, APPLIED)).toBe(many / 10);
      expect(count((await again).outcomes, PRESENT)).toBe(many / 10);
      expect(count((await deleted).outcomes, APPLIED)).toBe(many / 10);
      expect((await backend.inspect(large))?.entries).toBe(0);
      await backend.close();
    });

  it('gives each of very many that find the set full its verdict, without a pause', async () => {
    const backend = await createNetlinkIpsetBackend();
    await backend.create({ set: large, type: 'hash:ip', family: 'ipv4', maxEntries: 1000 });
    const untimed = { ...columns(ADD, 100_000), timeoutSeconds: new Uint32Array(100_000) };
    untimed.timeoutSeconds.fill(0xffff_ffff);
    const { outcomes, failures } = await applyInColumns(backend, untimed);
    // A hash set is full by buckets: not at the very entry.
    expect(count(outcomes, APPLIED)).toBeGreaterThanOrEqual(1000);
    expect(count(outcomes, FAILED)).toBe(failures.size);
    const faults = new Set([...failures.values()].map(({ fault }) => fault));
    expect(faults).toEqual(new Set(['set-full']));
    // One object says it for all of them.
    expect(new Set(failures.values()).size).toBe(1);
    await backend.close();
  });
});
