import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { expect, it } from '@jest/globals';
import { startMosquitto, suiteNeeding, temporaryFolder, waitFor } from '@vallum/test-kit';
import { startMemoryNode } from './memory-node.js';
import { vallumPub } from './vallum-pub.js';

const CALLS = 200;

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'the spool in a storm', () => {
  it('loses none of 200 calls at once while the broker comes and goes, bans nor unbans', async () => {
    const broker = await startMosquitto({ persistence: true });
    const node = await startMemoryNode(broker, 'fw1');
    const folder = join(temporaryFolder(), 'spool');
    const port = broker.port.toString();
    const env = {
      ...{ VALLUM_SPOOL: 'true', VALLUM_SPOOL_DIR: folder, VALLUM_WAIT: '1s' },
      ...{ VALLUM_HOST: '127.0.0.1', VALLUM_PORT: port, VALLUM_SET: 'blacklist' },
    };
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
    // Of every second one the ban is lifted again, by a call of its own that comes later.
    const codes = await Promise.all(
      addresses.map(async (address, at) => {
        const run = (action: string) => vallumPub([action, address, '--origin', 'a'], { env });
        const ban = await run('add');
        return at % 2 === 0 ? [ban.code] : [ban.code, (await run('del')).code];
      }),
    );
    signal.isOver = true;
    await comingAndGoing;
    // 67: the node was not there; it is kept all the same.
    for (const code of new Set(codes.flat())) expect([0, 67]).toContain(code);
    const flushed = async () => (await vallumPub(['flush'], { env })).code === 0;
    await waitFor(flushed, { timeoutMs: 60_000, what: 'an empty spool' });
    const left = addresses.filter((_, at) => at % 2 === 0).map((address) => `${address} a`);
    await waitFor(async () => isDeepStrictEqual(await node.leases(), [...left].sort()), {
      ...{ timeoutMs: 20_000, what: 'every ban and every unban' },
    });
    expect(readdirSync(folder).filter((name) => !name.startsWith('.'))).toEqual([]);
    await node.vallum.close();
    await broker.stop();
  }, 240_000);
});
