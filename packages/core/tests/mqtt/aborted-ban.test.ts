import { afterEach, expect, it } from '@jest/globals';
import { freePort, startMosquitto, suiteNeeding, waitFor } from '@vallum/test-kit';
import { createMemoryBackend } from '../../src/backend/memory/memory-backend.js';
import { listMembers } from '../../src/backend/list-members.js';
import { createMqttTransport } from '../../src/mqtt/index.js';
import { createVallum } from '../../src/node/vallum.js';
import type { Vallum } from '../../src/node/vallum-types.js';
import type { SetName } from '../../src/words/names.js';

const BLACKLIST = 'blacklist' as SetName;
let node: Vallum | undefined;
afterEach(async () => {
  await node?.close();
});

suiteNeeding(['mosquitto'], 'a ban that is given up while there is no broker', () => {
  it('rejects, and is not sent when there is one', async () => {
    const port = await freePort();
    node = await createVallum({
      topics: ['blacklist'],
      transport: createMqttTransport({
        host: '127.0.0.1',
        port,
        retry: { firstMs: 20, longestMs: 200 },
      }),
    });
    const giveUp = new AbortController();
    const { signal } = giveUp;
    // More than what is handed over at a time, so that some of it waits behind that.
    const many = Array.from({ length: 60_000 }, (_, index) => {
      const parts = [10, index >> 16, (index >> 8) & 255, index & 255];
      return parts.join('.');
    });
    const asked = [
      node.ban('192.0.2.1', { signal: AbortSignal.abort() }),
      node.ban('192.0.2.2', { signal }),
      node.ban(many, { signal, reason: 'x'.repeat(256) }),
      node.unban('192.0.2.3', { signal }),
    ].map((one) => expect(one).rejects.toMatchObject({ code: 'ABORTED' }));
    const kept = node.ban('192.0.2.4');
    giveUp.abort();
    await Promise.all(asked);

    const broker = await startMosquitto({ port, persistence: true });
    await kept;
    await node.ban('192.0.2.5');
    const published = () => broker.log().match(/Received PUBLISH from/g) ?? [];
    // Its log comes over a pipe of its own.
    await waitFor(() => (published().length >= 2 ? true : undefined), { what: 'the log' });
    expect(published()).toHaveLength(2);
    await broker.stop();
  });

  it('changes nothing here either where it was given up before it was asked', async () => {
    const kernel = createMemoryBackend({
      sets: [{ set: BLACKLIST, type: 'hash:net', family: 'ipv4' }],
    });
    node = await createVallum({
      topics: ['blacklist'],
      backend: kernel,
      policy: { protectHost: false },
    });
    await expect(node.ban('192.0.2.1', { signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'ABORTED',
    });
    expect(await listMembers(kernel, BLACKLIST)).toEqual([]);
  });
});
