import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
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
import { runVallumPub, startVallumd } from './support/programs.js';

const COUNT = 300_000;

suiteNeeding(['ipset', 'mosquitto'], 'a long list through Mosquitto as it is installed', () => {
  let broker: Mosquitto;
  let daemon: RunningProcess;

  beforeAll(async () => {
    broker = await startMosquitto();
    await mustRun('ipset', ['create', 'feed', 'hash:ip', 'timeout', '0', 'maxelem', '400000']);
    daemon = await startVallumd(
      ['-h', '127.0.0.1', '-p', String(broker.port), '-t', 'feed', '--node', 'fw1'],
      { stateDir: temporaryFolder() },
    );
    await daemon.waitForOutput(/listening to feed\/#/);
  }, 30_000);
  afterAll(async () => {
    await daemon.kill();
    await broker.stop();
    await mustRun('ipset', ['destroy', 'feed']);
  });

  it('arrives whole, also where the node is held up until the broker has all of it', async () => {
    await mustRun('kill', ['-STOP', String(daemon.pid)]);
    const list = join(temporaryFolder(), 'list');
    const reason = 'seen by a sensor that has much to say about it '.repeat(5).trim();
    const line = (_: unknown, index: number) =>
      `10.${String(index >> 16)}.${String((index >> 8) & 255)}.${String(index & 255)}`;
    writeFileSync(list, Array.from({ length: COUNT }, line).join('\n'));
    const sent = await runVallumPub([
      ...['add', '--file', list, '--set', 'feed', '-p', String(broker.port)],
      ...['--timeout', '1d', '--origin', 'sensor', '--reason', reason],
    ]);
    expect(sent).toMatchObject({ code: 0 });
    await mustRun('kill', ['-CONT', String(daemon.pid)]);
    // The whole set is listed only to be counted: as seldom as patience allows.
    await waitFor(async () => (await countEntries()) === COUNT, {
      timeoutMs: 60_000,
      intervalMs: 500,
      what: `${String(COUNT)} bans in the set`,
    });
  }, 120_000);
});

async function countEntries(): Promise<number> {
  const header = await mustRun('ipset', ['list', '-terse', 'feed']);
  return Number(/Number of entries: (\d+)/.exec(header)?.[1]);
}
