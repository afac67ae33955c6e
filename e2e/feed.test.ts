import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  mustRun,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { members } from './support/kernel-set.js';
import { runVallumPub, startVallumd } from './support/programs.js';

/** 210,000 ranges of today's Internet, by country: as CSV `1.0.0.0,1.0.0.255,AU`. */
const published = dirname(
  createRequire(import.meta.url).resolve('@ip-location-db/asn-country/package.json'),
);
const ranges = ['ipv4', 'ipv6'].flatMap((family) =>
  readFileSync(join(published, `asn-country-${family}.csv`), 'utf8')
    .trimEnd()
    .split('\n'),
);

/** What `sync` prints with --json. */
interface Result {
  readonly entries: number;
  readonly added: readonly string[];
  readonly withdrawn: readonly string[];
  readonly unchanged: number;
}

suiteNeeding(['ipset', 'mosquitto'], 'a published list of prefixes, kept in step', () => {
  let broker: Mosquitto;
  let daemon: RunningProcess;
  const folder = temporaryFolder();
  const list = join(folder, 'asn-country.csv');
  /** Nearly everything there is: no node takes that unless it is told. */
  const limits = ['--min-prefix', '6', '--min-prefix6', '16'];

  beforeAll(async () => {
    broker = await startMosquitto();
    for (const [set, family] of [
      ['geo', 'inet'],
      ['geo6', 'inet6'],
    ] as const) {
      const how = ['hash:net', 'family', family, 'timeout', '0', 'maxelem', '400000'];
      await mustRun('ipset', ['create', set, ...how]);
    }
    daemon = await startVallumd([
      ...['-h', '127.0.0.1', '-p', String(broker.port), '-t', 'geo', '--node', 'fw1'],
      ...[...limits, '--max-cover', '1'],
    ]);
    await daemon.waitForOutput(/listening to geo\/#/);
  }, 30_000);
  afterAll(async () => {
    await daemon.kill();
    await broker.stop();
    for (const set of ['geo', 'geo6']) await mustRun('ipset', ['destroy', set]);
  });

  const sync = async (lines: readonly string[], ...more: string[]) => {
    writeFileSync(list, lines.join('\n'));
    const sent = await runVallumPub([
      ...['sync', '--file', list, '--column', '1,2', '--set', 'geo', '--origin', 'asn-country'],
      ...['-p', String(broker.port), '--state-dir', folder, '--json', ...limits, ...more],
    ]);
    return { code: sent.code, ...(JSON.parse(sent.stdout) as Result) };
  };
  /** What of the Internet is banned, and what ought to be: the state holds it, one a line. */
  const inKernel = async () =>
    (await Promise.all(['geo', 'geo6'].map((set) => members(set))))
      .flat()
      .map((entry) => entry.replace(/ .*/, ''));
  const isInStep = (expected: number) =>
    waitFor(async () => (await inKernel()).length === expected, {
      timeoutMs: 90_000,
      intervalMs: 1_000,
      what: `${String(expected)} prefixes in the kernel`,
    });

  it('is refused while it covers the Internet, then banned whole, then changed by the difference', async () => {
    expect(await sync(ranges)).toMatchObject({ code: 79 });
    const first = await sync(ranges, '--force');
    expect(first.code).toBe(0);
    expect(first.added.length).toBeGreaterThan(200_000);
    await isInStep(first.entries);
    expect(new Set(await inKernel())).toEqual(new Set(first.added));

    expect(await sync(ranges, '--force')).toMatchObject({
      added: [],
      withdrawn: [],
      unchanged: first.entries,
    });

    // Another day: some ranges are gone, and some have changed hands.
    const later = ranges.filter((_, index) => index % 100 !== 7);
    const next = await sync(later, '--force');
    expect(next.withdrawn.length).toBeGreaterThan(2_000);
    await isInStep(next.entries);
    const gone = new Set(next.withdrawn);
    const wanted = [...first.added.filter((one) => !gone.has(one)), ...next.added];
    expect(new Set(await inKernel())).toEqual(new Set(wanted));
  }, 300_000);
});
