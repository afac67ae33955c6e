import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { freePort, suiteNeeding, waitFor, type RunningProcess } from '@vallum/test-kit';
import {
  header,
  logIn,
  openRaw,
  publishPacket,
  subscribePacket,
  type RawClient,
} from './raw-mqtt.js';
import { publish, retained, startVallumd } from './start-vallumd.js';

const MIB = 1024 * 1024;

/** With a heap that the attacks would fill: what is kept of them ends the process. */
async function start(
  ...more: readonly string[]
): Promise<{ port: number; vallumd: RunningProcess }> {
  const port = await freePort();
  const vallumd = await startVallumd(
    [
      ...['--listen', port.toString(), '--backend', 'memory', '-t', 'blacklist', '--node', 'fw1'],
      ...more,
    ],
    { env: { NODE_OPTIONS: '--max-old-space-size=64' } },
  );
  await vallumd.waitForOutput(/listening to blacklist\/#/);
  return { port, vallumd };
}

/** Resident memory; buffers are outside of the heap. */
function residentMib({ pid }: RunningProcess): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

/** Most memory that it ever had. */
function peakMib({ pid }: RunningProcess): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

async function stillBans(port: number, vallumd: RunningProcess, address: string): Promise<void> {
  await publish(port, 'blacklist/add', address);
  await vallumd.waitForOutput(new RegExp(`banned ${address.replaceAll('.', '\\.')} in blacklist`));
}

async function flood(client: RawClient, bytes: number): Promise<void> {
  const chunk = Buffer.alloc(MIB);
  for (let sent = 0; sent < bytes && !client.socket.destroyed; sent += chunk.length) {
    await client.send(chunk);
  }
}

suiteNeeding(['mosquitto-clients'], 'the embedded broker under attack', () => {
  it('takes no giant from who has not logged in', async () => {
    const { port, vallumd } = await start();
    const before = residentMib(vallumd);
    await Promise.all(
      Array.from({ length: 6 }, async () => {
        const client = await openRaw(port);
        await client.send(header(0x10, 200 * MIB));
        await flood(client, 200 * MIB);
        await client.ended;
      }),
    );
    expect(peakMib(vallumd) - before).toBeLessThan(60);
    await vallumd.waitForOutput(/from 127\.0\.0\.1, sent a packet of more than 16 KiB/);
    await stillBans(port, vallumd, '192.0.2.1');
    await vallumd.kill();
  });

  it('ends a connection that does not log in', async () => {
    const { port, vallumd } = await start();
    const slow = await openRaw(port);
    await slow.send(Buffer.from([0x10, 0x20, 0, 4]));
    const dripping = setInterval(() => void slow.send(Buffer.from([0x4d])), 1_000);
    await slow.ended;
    clearInterval(dripping);
    await vallumd.waitForOutput(/connect did not arrive in time/);
    await vallumd.kill();
  }, 20_000);

  it('lets others in while a stranger opens thousands of connections', async () => {
    const { port, vallumd } = await start();
    const before = residentMib(vallumd);
    let ended = 0;
    for (let opened = 0; opened < 10_000; opened += 100) {
      const batch = await Promise.all(Array.from({ length: 100 }, () => openRaw(port)));
      for (const client of batch) void client.ended.then(() => (ended += 1));
      if (opened === 5_000) await stillBans(port, vallumd, '192.0.2.2');
    }
    // All but those that may wait.
    await waitFor(() => ended >= 9_900, { what: 'the ends of connections' });
    expect(residentMib(vallumd) - before).toBeLessThan(100);
    expect(vallumd.output().match(/too many others came/g)?.length).toBeLessThan(15);
    await stillBans(port, vallumd, '192.0.2.3');
    await vallumd.kill();
  }, 60_000);

  it('has no more than so many clients, and says so to the next', async () => {
    const { port, vallumd } = await start();
    const clients = [];
    for (let at = 0; at < 255; at += 1) clients.push(await logIn(port, `c${at.toString()}`));
    await stillBans(port, vallumd, '192.0.2.4');
    clients.push(await logIn(port, 'last'));
    const refused = await logIn(port, 'one-more');
    // CONNACK, server unavailable
    expect([...refused.received()]).toEqual([0x20, 2, 0, 3]);
    clients[0]?.socket.destroy();
    await waitFor(async () => {
      const next = await logIn(port, 'next');
      return next.received()[3] === 0;
    });
    await vallumd.kill();
  }, 30_000);

  it('retains statuses only, and not large ones', async () => {
    const { port, vallumd } = await start();
    const before = residentMib(vallumd);
    const client = await logIn(port, 'hoarder');
    for (let at = 0; at < 150; at += 1) {
      const topic = `vallumd/n${at.toString()}`;
      await client.send(publishPacket(topic, Buffer.alloc(MIB), { retain: true }));
    }
    await client.send(publishPacket('blacklist/add', '192.0.2.5', { retain: true }));
    await vallumd.waitForOutput(/banned 192\.0\.2\.5/);
    await vallumd.waitForOutput(/broker-refused|was carried and not retained/);
    expect(residentMib(vallumd) - before).toBeLessThan(100);
    expect(await retained(port, 'blacklist/add')).toBe('');
    expect(await retained(port, 'vallumd/n1')).toBe('');
    await client.send(publishPacket('vallumd/fw2', '{"state":"online"}', { retain: true }));
    await waitFor(async () => (await retained(port, 'vallumd/fw2')) === '{"state":"online"}');
    // 3 MB are more than a message may have.
    await client.send(publishPacket('vallumd/n1', Buffer.alloc(3 * MIB), { retain: true }));
    await client.ended;
    await vallumd.waitForOutput(/sent a packet of more than 1088 KiB/);
    await vallumd.kill();
  }, 30_000);

  it.each([
    ['a topic of somebody else', 'home/light'],
    ['one that begins as ours', 'blacklistx/add'],
    ['an operation that there is not', 'blacklist/frobnicate'],
    ['one below an inbox', 'vallumd/fw1/sync/x'],
    ['what the broker tells', '$SYS/x'],
  ])('carries not %s', async (_what, topic) => {
    const { port, vallumd } = await start();
    const listener = await logIn(port, 'listener');
    await listener.send(subscribePacket(['#', '+/+']));
    await once(listener.socket, 'data');
    const stranger = await logIn(port, 'stranger');
    await stranger.send(publishPacket(topic, 'hello', { qos: 1 }));
    await stranger.ended;
    // No PUBACK: it would be a false success.
    expect(stranger.received()).toHaveLength(4);
    await vallumd.waitForOutput(
      new RegExp(
        `client "stranger" of the embedded broker: .* not the topic "${topic.replace('$', '\\$')}"`,
      ),
    );
    await stillBans(port, vallumd, '192.0.2.6');
    await waitFor(() => listener.received().includes('192.0.2.6'));
    expect(listener.received().includes('hello')).toBe(false);
    await vallumd.kill();
  });

  it('tells who subscribes to what is not carried', async () => {
    const { port, vallumd } = await start();
    const client = await logIn(port, 'curious', { clean: false });
    await client.send(subscribePacket(['$SYS/#', 'home/light', 'blacklist/add', '#'], 1));
    await waitFor(() => client.received().length >= 4 + 8);
    expect([...client.received().subarray(4, 12)]).toEqual([0x90, 6, 0, 1, 0x80, 0x80, 1, 1]);
    const many = Array.from({ length: 100 }, (_, at) => `+/${at.toString()}`);
    await client.send(subscribePacket(many, 1));
    await vallumd.waitForOutput(/"curious" .* has 64 subscriptions and was refused more/);
    await vallumd.kill();
  });

  it('keeps nothing for who does not read, and bans meanwhile', async () => {
    const { port, vallumd } = await start();
    const before = residentMib(vallumd);
    const deaf = await Promise.all(
      Array.from({ length: 20 }, async (_, at) => {
        const client = await logIn(port, `deaf${at.toString()}`);
        await client.send(subscribePacket(['#']));
        await once(client.socket, 'data');
        client.socket.pause();
        return client;
      }),
    );
    const speaker = await logIn(port, 'speaker');
    const message = publishPacket('vallumd/x/sync', Buffer.alloc(100_000));
    for (let at = 0; at < 300; at += 1) await speaker.send(message);
    await vallumd.waitForOutput(/does not read what it is sent/);
    await stillBans(port, vallumd, '192.0.2.7');
    expect(peakMib(vallumd) - before).toBeLessThan(150);
    for (const { socket } of deaf) socket.destroy();
    await vallumd.kill();
  }, 60_000);

  it('keeps a bounded number of messages for who is away or confirms nothing', async () => {
    const { port, vallumd } = await start();
    const before = residentMib(vallumd);
    for (let at = 0; at < 10; at += 1) {
      const client = await logIn(port, `away${at.toString()}`, { clean: false });
      await client.send(subscribePacket(['vallumd/x/sync'], 1));
      await once(client.socket, 'data');
      client.socket.destroy();
    }
    const speaker = await logIn(port, 'speaker');
    const message = publishPacket('vallumd/x/sync', Buffer.alloc(1_000_000), { qos: 1 });
    for (let at = 0; at < 150; at += 1) await speaker.send(message);
    await vallumd.waitForOutput(/is away or does not confirm, and too much waits for it/);
    expect(residentMib(vallumd) - before).toBeLessThan(150);
    await stillBans(port, vallumd, '192.0.2.8');
    await vallumd.kill();
  }, 60_000);

  it('keeps little of what is published at QoS 2 and not released', async () => {
    const { port, vallumd } = await start();
    const client = await logIn(port, 'undecided');
    for (let packetId = 1; packetId < 300 && !client.socket.destroyed; packetId += 1) {
      await client.send(publishPacket('blacklist/add', '192.0.2.9', { qos: 2, packetId }));
    }
    await client.ended;
    await vallumd.waitForOutput(/"undecided" .*too much at QoS 2/);
    await vallumd.kill();
  });

  it('bans while many clients flood it with small messages, and holds few of them at a time', async () => {
    const { port, vallumd } = await start();
    const small = publishPacket('vallumd/x', 'y');
    const chunk = Buffer.concat(Array.from({ length: 4_000 }, () => small));
    const names = Array.from({ length: 60 }, (_, at) => `flood${at.toString()}`);
    const clients = await Promise.all(names.map((name) => logIn(port, name)));
    await clients[0]?.send(subscribePacket(['#']));
    let flooding = true;
    const floods = clients.map(async (client) => {
      while (flooding && !client.socket.destroyed) await client.send(chunk);
    });
    for (const address of ['192.0.2.11', '192.0.2.12', '192.0.2.13']) {
      await stillBans(port, vallumd, address);
    }
    flooding = false;
    for (const { socket } of clients) socket.destroy();
    await Promise.all(floods);
    // A heap that was too small has ended it.
    await stillBans(port, vallumd, '192.0.2.14');
    expect((await vallumd.kill()).code).toBe(0);
  }, 60_000);

  it('lets nobody take the place of the node itself', async () => {
    const { port, vallumd } = await start();
    const thief = await logIn(port, 'vallumd-fw1');
    expect([...thief.received()]).toEqual([0x20, 2, 0, 2]);
    await stillBans(port, vallumd, '192.0.2.10');
    expect(vallumd.output()).not.toMatch(/lost the connection|disconnected/);
    await vallumd.kill();
  });

  it('writes little about wrong passwords, however many come', async () => {
    const { port, vallumd } = await start('-u', 'me', '-P', 'sesame');
    for (let at = 0; at < 300; at += 1) {
      const client = await logIn(port, `guess${at.toString()}`);
      expect([...client.received()]).toEqual([0x20, 2, 0, 5]);
      await client.ended;
    }
    const { code, stderr } = await vallumd.kill();
    expect(code).toBe(0);
    const lines = stderr.split('\n').filter((line) => /guess\d|not authorized/.test(line));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(15);
    expect(stderr).toMatch(/more like this were not logged/);
  }, 30_000);
});

describe('a broker on loopback', () => {
  it('says once that all users of the machine may ban, unless it asks for a password', async () => {
    const open = await start();
    const { stderr } = await open.vallumd.kill();
    const warning =
      /warning: --listen 127\.0\.0\.1 lets every user and program of this machine ban/g;
    expect(stderr.match(warning)).toHaveLength(1);
    const asking = await start('-u', 'me', '-P', 'sesame');
    expect((await asking.vallumd.kill()).stderr).not.toMatch(warning);
  });
});
