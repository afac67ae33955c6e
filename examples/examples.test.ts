import { once } from 'node:events';
import { readFileSync, readdirSync } from 'node:fs';
import type { Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, it, jest } from '@jest/globals';
import {
  createMemoryBackend,
  createVallum,
  openFileStore,
  type Vallum,
  type VallumOptions,
} from '@vallum/core';
import {
  freePort,
  mustRun,
  runProcess,
  startMosquitto,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
} from '@vallum/test-kit';
import express from 'express';
import { banAttackers } from './express-middleware.mjs';
import { createHoneypot } from './honeypot.mjs';
import { banRepeaters } from './log-watcher.mjs';

const programs = [
  'ban-and-wait.mjs',
  'bans-today.mjs',
  'compare-ledgers.mjs',
  'express-middleware.mjs',
  'honeypot.mjs',
  'log-watcher.mjs',
  'mend-after-reload.mjs',
  'why-server.mjs',
];

/** Programs enforce nothing by themselves: this is the node that hears of their bans. */
let vallum: Vallum;
let outcomes: string[];
const closers: (() => unknown)[] = [];

beforeEach(async () => {
  jest.spyOn(console, 'log').mockImplementation(() => undefined);
  outcomes = [];
  vallum = await createVallum({
    topics: ['blacklist'],
    backend: createMemoryBackend(),
    create: { defaultTimeoutSeconds: 0 },
    policy: { protectHost: false },
    listeners: {
      report: (report) => {
        const what = 'address' in report ? report.address : report.input;
        outcomes.push(`${report.outcome} ${what}`);
      },
    },
  });
  closers.push(() => vallum.close());
});

afterEach(async () => {
  jest.restoreAllMocks();
  for (const close of closers.splice(0).reverse()) await close();
});

it.each(programs)('%s stays under 40 lines', (name) => {
  expect(readFileSync(name, 'utf8').trimEnd().split('\n').length).toBeLessThan(40);
});

it('tests every program in this folder', () => {
  const found = readdirSync('.').filter((name) => name.endsWith('.mjs'));
  expect(found.filter((name) => !name.endsWith('.config.mjs')).sort()).toEqual(programs);
});

describe('the Express middleware', () => {
  const start = async () => {
    const app = express();
    // So that a request can come from an address that is not loopback's.
    app.set('trust proxy', 'loopback');
    app.use(banAttackers(vallum));
    app.get('/', (_request, response) => void response.send('Welcome'));
    const server: Server = app.listen(0, '127.0.0.1');
    closers.push(() => server.close());
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    return (path: string, from: string) =>
      fetch(`http://127.0.0.1:${String(port)}${path}`, { headers: { 'x-forwarded-for': from } });
  };

  it('lets ordinary requests pass, and bans nobody for them', async () => {
    const request = await start();
    const response = await request('/', '203.0.113.7');
    expect([response.status, await response.text()]).toEqual([200, 'Welcome']);
    expect(outcomes).toEqual([]);
  });

  it('answers 404 to who asks for bait, and bans the caller', async () => {
    const request = await start();
    expect((await request('/blog/wp-login.php', '203.0.113.7')).status).toBe(404);
    expect((await request('/.env', '2001:db8::7')).status).toBe(404);
    await waitFor(() => outcomes.length === 2, { what: 'two reports' });
    // IPv6 goes beside, into blacklist6.
    expect(outcomes).toEqual(['banned 203.0.113.7', 'banned 2001:db8::7']);
  });

  it('never bans this machine itself', async () => {
    const request = await start();
    await request('/.git/config', '127.0.0.1');
    await waitFor(() => outcomes.length > 0, { what: 'a report' });
    expect(outcomes).toEqual(['refused 127.0.0.1']);
  });
});

describe('the honeypot', () => {
  it('greets who connects, hangs up, and asks for a ban of a day', async () => {
    const asked: unknown[] = [];
    const ban: Vallum['ban'] = async (...args) => {
      asked.push(args);
      return vallum.ban(...args);
    };
    const server = createHoneypot({ ...vallum, ban });
    closers.push(() => server.close());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');

    const said = await text(connect((server.address() as AddressInfo).port, '127.0.0.1'));

    expect(said).toBe('login: ');
    await waitFor(() => outcomes.length > 0, { what: 'a report' });
    expect(asked).toEqual([
      ['127.0.0.1', { timeoutSeconds: 86_400, reason: 'touched the honeypot' }],
    ]);
    // Where this machine enforces too, loopback is safe from its own honeypot.
    expect(outcomes).toEqual(['refused 127.0.0.1']);
  });
});

const failed = (user: string, address: string) =>
  `Failed password for ${user} from ${address} port 50022 ssh2`;

describe('the log watcher', () => {
  async function* lines(...all: string[]) {
    yield* all;
  }

  it('bans at the third failure, each address by itself', async () => {
    await banRepeaters(
      lines(
        failed('root', '203.0.113.7'),
        failed('root', '203.0.113.8'),
        failed('invalid user admin', '203.0.113.7'),
        'Accepted publickey for alice from 203.0.113.9 port 50022 ssh2',
        failed('root', '203.0.113.7'),
        failed('root', '203.0.113.8'),
      ),
      vallum,
    );
    expect(outcomes).toEqual(['banned 203.0.113.7']);
  });

  it('bans the host that failed, whatever its user name pretends', async () => {
    const line = failed('invalid user x from 192.0.2.1 port 1 ssh2', '203.0.113.7');
    await banRepeaters(lines(line, line, line), vallum);
    expect(outcomes).toEqual(['banned 203.0.113.7']);
  });
});

suiteNeeding(['mosquitto', 'namespace'], 'the programs, started against a broker', () => {
  /** Another node at the same broker, as a firewall would be. */
  const startBroker = async (more: Partial<VallumOptions> = {}) => {
    const broker = await startMosquitto();
    closers.push(() => broker.stop());
    const { createMqttTransport } = await import('@vallum/core/mqtt');
    const heard: string[] = [];
    let isListening = false;
    const node = await createVallum({
      topics: ['blacklist'],
      backend: createMemoryBackend(),
      create: { defaultTimeoutSeconds: 0 },
      transport: createMqttTransport({ url: broker.url }),
      listeners: {
        report: (report) => {
          if (report.outcome === 'rejected') throw new Error(report.detail);
          const { outcome, address, origin = 'nobody', reason = '' } = report;
          heard.push(`${outcome} ${address} for ${origin}: ${reason}`);
        },
        subscription: (filter) => {
          if (filter.startsWith('blacklist')) isListening = true;
        },
      },
      ...more,
    });
    closers.push(() => node.close());
    await waitFor(() => isListening, { what: 'the subscription' });
    return { url: broker.url, heard, node };
  };

  it('the Express program publishes the ban of its caller', async () => {
    const { url, heard } = await startBroker();
    const port = String(await freePort());
    const program = await startProcess(process.execPath, ['express-middleware.mjs'], {
      env: { MQTT_URL: url, PORT: port },
    });
    const request = (path: string) => fetch(`http://127.0.0.1:${port}${path}`);

    const welcome = await waitFor(() => request('/'), { what: 'the program to listen' });
    expect(await welcome.text()).toBe('Welcome');
    expect((await request('/.env')).status).toBe(404);

    await program.waitForOutput(/outcome: 'published'/);
    await waitFor(() => heard.length > 0, { what: 'the other node' });
    // The caller is loopback here, which no node ever bans.
    expect(heard).toEqual(['refused 127.0.0.1 for shop: asked for bait']);
    await program.kill();
  });

  it('the honeypot program publishes who touched it', async () => {
    const { url, heard } = await startBroker();
    const port = await freePort();
    const program = await startProcess(process.execPath, ['honeypot.mjs', String(port)], {
      env: { MQTT_URL: url },
    });

    const said = await waitFor(() => text(connect(port, '127.0.0.1')), { what: 'its port' });
    expect(said).toBe('login: ');

    await program.waitForOutput(/outcome: 'published'/);
    await waitFor(() => heard.length > 0, { what: 'the other node' });
    expect(heard).toEqual(['refused 127.0.0.1 for honeypot: touched the honeypot']);
    await program.kill();
  });

  it('the ban that is waited for says on how many firewalls it is, and what is wrong elsewhere', async () => {
    const { url } = await startBroker({ answers: { node: 'fw1' } });
    const ban = (address: string, count: string) =>
      runProcess(process.execPath, ['ban-and-wait.mjs', address, count], {
        env: { MQTT_URL: url },
      });

    const done = await ban('203.0.113.7', '1');
    expect(done).toMatchObject({ code: 0, stderr: '' });
    expect(done.stdout).toMatch(/^banned on 1 of 1 firewalls in \d+ ms\n$/);
    const refused = await ban('127.0.0.1', '1');
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringMatching(/^fw1: .*loopback/) });
    expect(refused.stdout).toMatch(/^banned on 0 of 1 firewalls/);
    expect(await ban('010.1.1.1', '1')).toMatchObject({ code: 1, stdout: '' });
  });

  it('the server that is asked why tells who banned an address, and who banned a prefix around it', async () => {
    const { url, node } = await startBroker({ repair: { node: 'fw1' } });
    // From before it starts: another node gives it that.
    await node.ban('203.0.113.0/28', { origin: 'web1.sshd', reason: 'port scan' });
    const port = String(await freePort());
    const program = await startProcess(process.execPath, ['why-server.mjs'], {
      env: { MQTT_URL: url, PORT: port },
    });
    const ask = async (path: string) => {
      const response = await fetch(`http://127.0.0.1:${port}/${path}`);
      return `${String(response.status)} ${await response.text()}`;
    };

    const banned = '200 203.0.113.0/28 is banned for ever by web1.sshd: port scan\n';
    await waitFor(async () => (await ask('203.0.113.7')) === banned, { what: 'the ban' });
    await node.ban('2001:db8::7', { until: 4_102_444_800 });
    await waitFor(async () => (await ask('2001:db8::7')).startsWith('200'), { what: 'IPv6' });
    expect(await ask('2001:db8::7')).toBe(
      '200 2001:db8::7 is banned until 2100-01-01T00:00:00.000Z by somebody: no reason given\n',
    );
    expect(await ask('198.51.100.1')).toBe('404 198.51.100.1 is not banned\n');
    expect(await ask('010.1.1.1')).toMatch(/^400 /);
    await program.kill();
  });
});

/** A state folder as a vallumd leaves it. */
async function folderWith(bans: (vallum: Vallum) => Promise<unknown>): Promise<string> {
  const folder = temporaryFolder();
  const owner = await createVallum({
    topics: ['blacklist'],
    backend: createMemoryBackend(),
    create: { defaultTimeoutSeconds: 0 },
    policy: { protectHost: false },
    store: await openFileStore(folder),
  });
  await bans(owner);
  await owner.close();
  return folder;
}
const run = (name: string, ...args: readonly string[]) =>
  runProcess(process.execPath, [name, ...args]);

describe('the list of today', () => {
  it('is CSV with who, since when, until when and why, the youngest first', async () => {
    const folder = await folderWith(async (owner) => {
      await owner.ban('203.0.113.7', { origin: 'web1.sshd', reason: 'said "hello", twice' });
      await owner.ban('2001:db8::/64', { until: 4_102_444_800, reason: '=HYPERLINK("x")' });
      await owner.ban('203.0.113.9', { timeoutSeconds: 60 });
      await owner.unban('203.0.113.9');
    });
    const { code, stdout, stderr } = await run('bans-today.mjs', folder);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.replaceAll(/"20[^"]+Z"/g, 'SINCE').split('\n')).toEqual([
      'address,who,since,until,reason',
      `"2001:db8::/64","",SINCE,"2100-01-01T00:00:00.000Z","'=HYPERLINK(""x"")"`,
      `"203.0.113.7","web1.sshd",SINCE,"never","said ""hello"", twice"`,
      '',
    ]);
  });
});

describe('the comparison of two ledgers', () => {
  it('says that they are the same, or what only one of them holds', async () => {
    const until = 4_102_444_800;
    const stamped = (owner: Vallum) => owner.ban('203.0.113.7', { until, origin: 'web1' });
    const here = await folderWith(stamped);
    const there = await folderWith(async (owner) => {
      await stamped(owner);
      await owner.ban('203.0.113.8', { until, origin: 'web2' });
    });

    const same = await run('compare-ledgers.mjs', here, here);
    expect(same).toMatchObject({ code: 0, stderr: '' });
    expect(same.stdout).toMatch(/^the same bans in blacklist: digest [\da-f]{16}\n$/);
    expect(await run('compare-ledgers.mjs', here, there)).toMatchObject({
      ...{ code: 1, stdout: `only ${there}: 203.0.113.8 web2\n`, stderr: '' },
    });
  });
});

suiteNeeding(['ipset'], 'the log watcher, started as a program', () => {
  it('bans in a kernel set of its own making, and ends with its input', async () => {
    const line = failed('root', '203.0.113.7');
    const { code, stdout, stderr } = await runProcess(process.execPath, ['log-watcher.mjs'], {
      input: `${line}\n${line}\n${line}\n`,
    });
    closers.push(() => mustRun('ipset', ['destroy', 'blacklist6']));
    closers.push(() => mustRun('ipset', ['destroy', 'blacklist']));

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toContain("outcome: 'banned'");
    expect(await mustRun('ipset', ['list', 'blacklist'])).toMatch(/^203\.0\.113\.7 timeout \d+/m);
  });
});

suiteNeeding(
  ['ipset', 'mosquitto'],
  'the program that mends, told that the firewall was reloaded',
  () => {
    it('puts back what was flushed, and says so', async () => {
      const broker = await startMosquitto();
      closers.push(() => broker.stop());
      const program = await startProcess(process.execPath, ['mend-after-reload.mjs'], {
        env: { MQTT_URL: broker.url },
      });
      closers.push(async () => {
        await program.kill();
        for (const set of ['blacklist6', 'blacklist']) await mustRun('ipset', ['destroy', set]);
      });
      const { createMqttTransport } = await import('@vallum/core/mqtt');
      const transport = createMqttTransport({ url: broker.url });
      const publisher = await createVallum({ topics: ['blacklist'], transport });
      closers.push(() => publisher.close());
      const isHeld = async () =>
        (await runProcess('ipset', ['test', 'blacklist', '203.0.113.7'])).code === 0;
      await waitFor(
        async () => {
          // Until it listens: it prints nothing of that.
          await publisher.ban('203.0.113.7', { timeoutSeconds: 600 });
          return isHeld();
        },
        { what: 'the ban' },
      );

      program.signal('SIGHUP');
      await program.waitForOutput(/^every set is as it should be$/m);
      await mustRun('ipset', ['flush', 'blacklist']);
      program.signal('SIGHUP');
      await program.waitForOutput(/^blacklist: 1 put back, 0 taken out$/m);
      expect(await isHeld()).toBe(true);
    });
  },
);
