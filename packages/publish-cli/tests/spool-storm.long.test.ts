import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from '@jest/globals';
import {
  startMosquitto,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '@vallum/test-kit';
import { vallumPub } from './vallum-pub.js';

const CALLS = 200;

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'the spool in a storm', () => {
  it('loses none of 200 calls at once while the broker comes and goes', async () => {
    const broker = await startMosquitto();
    const folder = join(temporaryFolder(), 'spool');
    const port = broker.port.toString();
    const env = {
      ...{ VALLUM_SPOOL: 'true', VALLUM_SPOOL_DIR: folder, VALLUM_WAIT: '1s' },
      ...{ VALLUM_HOST: '127.0.0.1', VALLUM_PORT: port, VALLUM_SET: 'blacklist' },
    };
    const collect = `mosquitto_sub -V 5 -q 1 -i collector -c -x 3600 -t 'blacklist/#' -p ${port}`;
    const heard = await startProcess('sh', [
      '-c',
      // Ended with the shell: a reader that stays would keep the test from ending.
      `trap 'kill $reader; exit 0' TERM; while :; do ${collect} & reader=$!; wait $reader; sleep 0.1; done`,
    ]);
    await waitFor(() => broker.log().includes('Sending SUBACK'), { what: 'the subscription' });
    const signal = { isOver: false };
    const comingAndGoing = (async () => {
      while (!signal.isOver) {
        await broker.stop();
        await new Promise((resolve) => setTimeout(resolve, 700));
        await broker.start();
        await new Promise((resolve) => setTimeout(resolve, 1_500));
      }
    })();
    const addresses = Array.from({ length: CALLS }, (_, n) => `198.51.100.${n.toString()}`);
    const results = await Promise.all(
      addresses.map((address) => vallumPub(['add', address, '--origin', 'a'], { env })),
    );
    signal.isOver = true;
    await comingAndGoing;
    // 67: the collector was not there; it is kept all the same.
    for (const code of new Set(results.map((result) => result.code))) {
      expect([0, 67]).toContain(code);
    }
    const flushed = async () => (await vallumPub(['flush'], { env })).code === 0;
    await waitFor(flushed, { timeoutMs: 60_000, what: 'an empty spool' });
    await waitFor(
      () => addresses.every((address) => heard.stdout().includes(`${address} origin a at `)),
      { timeoutMs: 20_000, what: 'every ban' },
    );
    expect(readdirSync(folder).filter((name) => !name.startsWith('.'))).toEqual([]);
    await heard.kill();
    await broker.stop();
  }, 240_000);
});
