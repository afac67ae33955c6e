import { chmod, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  freePort,
  makeCertificates,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { startVallumPub, subscribe, vallumPub } from './vallum-pub.js';

/** What `sync` prints with --json. */
interface Result {
  readonly result: string;
  readonly added: readonly string[];
  readonly withdrawn: readonly string[];
  readonly renewed: number;
  readonly unchanged: number;
  readonly messages: readonly string[];
}

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'vallum-pub sync and a real Mosquitto', () => {
  let broker: Mosquitto;
  let heard: RunningProcess;
  let folder: string;
  let list: string;

  beforeAll(async () => {
    broker = await startMosquitto();
    heard = await subscribe(broker, '%t %p');
  }, 30_000);
  beforeEach(() => {
    heard.clearOutput();
    folder = temporaryFolder();
    list = join(folder, 'drop.txt');
  });

  const args = (...more: string[]) => [
    ...['sync', '--set', 'drop', '--origin', 'feed.drop', '--state-dir', join(folder, 'state')],
    ...more,
  ];
  const sync = async (text: string, ...more: string[]) => {
    await writeFile(list, text);
    const port = broker.port.toString();
    const { code, stdout } = await vallumPub(args('-f', list, '-p', port, '--json', ...more));
    return { code, ...(JSON.parse(stdout.split('\n').at(-2) ?? '') as Result) };
  };
  /** `drop/add 192.0.2.7`, without what stands behind an address. */
  const messages = () =>
    heard
      .stdout()
      .trim()
      .split('\n')
      .map((line) => line.replace(/ (until|origin) .*/, ''));

  it('sends what is new, withdraws what is gone, and nothing of what stays', async () => {
    expect(await sync('192.0.2.7\n192.0.2.8\n192.0.2.9\n')).toMatchObject({
      code: 0,
      added: ['192.0.2.7', '192.0.2.8', '192.0.2.9'],
    });
    await heard.waitForOutput(/192\.0\.2\.9/);
    const [, until = '', stamp = ''] =
      /192\.0\.2\.7 until (\d+) origin feed\.drop at (\d+)\n/.exec(heard.stdout()) ?? [];
    expect(Number(until)).toBe(Math.floor(Number(stamp) / 1000) + 2 * 86_400);
    heard.clearOutput();
    expect(await sync('192.0.2.8\n192.0.2.9\n198.51.100.0/24 ; SBL1\n')).toMatchObject({
      added: ['198.51.100.0/24'],
      withdrawn: ['192.0.2.7'],
      unchanged: 2,
    });
    await heard.waitForOutput(/del/);
    expect(messages()).toEqual(['drop/add 198.51.100.0/24', 'drop/del 192.0.2.7']);
    expect(heard.stdout()).toMatch(/drop\/del 192\.0\.2\.7 origin feed\.drop at \d{13}\n/);
  }, 30_000);

  it('connects to nobody where nothing has changed', async () => {
    await sync('192.0.2.7\n');
    await writeFile(list, '# another day\n192.0.2.7\n');
    const port = broker.port.toString();
    // Were the broker asked, this would be refused.
    const again = await vallumPub(args('-f', list, '-p', port, '--ca-file', list));
    expect(again).toMatchObject({ code: 0, stderr: '' });
    expect(again.stdout).toBe(`${list}: 1 entry: 0 added, 0 withdrawn, 0 renewed, 1 unchanged\n`);
  }, 30_000);

  it('renews what would end soon', async () => {
    await sync('192.0.2.7\n', '--ttl', '1d');
    expect(await sync('192.0.2.7\n')).toMatchObject({ renewed: 1, added: [] });
    expect(await sync('192.0.2.7\n')).toMatchObject({ renewed: 0, unchanged: 1 });
  }, 30_000);

  it('refuses an empty list and one that has shrunk, unless it is told', async () => {
    await sync('192.0.2.7\n192.0.2.8\n192.0.2.9\n');
    await heard.waitForOutput(/add/);
    heard.clearOutput();
    expect(await sync('')).toMatchObject({ code: 79, result: 'refused-list' });
    expect(await sync('192.0.2.7\n')).toMatchObject({ code: 79 });
    expect(await sync('192.0.2.7\n', '--force')).toMatchObject({ code: 0, unchanged: 1 });
    await heard.waitForOutput(/del/);
    expect(messages()).toEqual(['drop/del 192.0.2.8', '192.0.2.9']);
  }, 30_000);

  it('goes on where it was cut off, whoever was meant to get it', async () => {
    const lost = await vallumPub(
      args('-f', list, '-p', (await freePort()).toString(), '--wait', '1s'),
    );
    expect(lost.code).toBe(66);
    await sync('192.0.2.7\n');
    await writeFile(list, '192.0.2.7\n192.0.2.8\n');
    const nowhere = (await freePort()).toString();
    const away = await vallumPub(args('-f', list, '-p', nowhere, '--wait', '1s'));
    expect(away.code).toBe(69);
    expect(away.stderr).toMatch(/the next sync sends what is missing/);
    // Neither is known to be banned, nor that it is not: both are sent, and the one is withdrawn.
    const next = await sync('192.0.2.8\n192.0.2.9\n');
    expect(next).toMatchObject({ added: ['192.0.2.8', '192.0.2.9'], withdrawn: ['192.0.2.7'] });
    expect(next.messages[0]).toMatch(/the last sync went to localhost:\d+/);
  }, 30_000);

  it('may be killed at any moment, and keeps out a second one', async () => {
    const many = Array.from(
      { length: 3_000 },
      (_, n) => `10.0.${(n >> 8).toString()}.${(n & 255).toString()}`,
    );
    await writeFile(list, many.join('\n'));
    const port = broker.port.toString();
    // A hundred entries a second: it is at work for half a minute.
    const slow = await startVallumPub(args('-f', list, '-p', port, '--rate', '100'));
    await heard.waitForOutput(/10\.0\.0\.7 /);
    const second = await vallumPub(args('-f', list, '-p', port));
    expect(second).toMatchObject({ code: 74 });
    expect(second.stderr).toContain('another vallum-pub sync of this list is at work');
    await slow.kill('SIGKILL');
    const rest = await sync(many.slice(1_000).join('\n'));
    expect(rest).toMatchObject({ code: 0, unchanged: 0 });
    expect(rest.added).toHaveLength(2_000);
    expect(rest.withdrawn).toHaveLength(1_000);
    expect(await readdir(join(folder, 'state'))).toEqual([expect.stringMatching(/\.sync$/)]);
  }, 60_000);

  it('remembers, when it is told to stop, what the broker has confirmed', async () => {
    const many = Array.from(
      { length: 3_000 },
      (_, n) => `10.1.${(n >> 8).toString()}.${(n & 255).toString()}`,
    );
    await writeFile(list, many.join('\n'));
    const slow = await startVallumPub(
      args('-f', list, '-p', broker.port.toString(), '--rate', '100', '-v'),
    );
    await slow.waitForOutput(/entries: confirmed/);
    expect(await slow.kill('SIGTERM')).toMatchObject({ code: 143 });
    const rest = await sync(many.join('\n'));
    expect(rest.unchanged).toBeGreaterThan(0);
    expect(rest.unchanged + rest.added.length).toBe(3_000);
  }, 60_000);

  it('prints with --dry-run what would change, and changes nothing', async () => {
    await sync('192.0.2.7\n');
    heard.clearOutput();
    const before = await readdir(join(folder, 'state'));
    expect(await sync('192.0.2.7\n192.0.2.8\n', '--dry-run')).toMatchObject({
      added: ['192.0.2.8'],
    });
    expect(await readdir(join(folder, 'state'))).toEqual(before);
    expect(await sync('192.0.2.7\n')).toMatchObject({ unchanged: 1 });
    expect(heard.stdout()).toBe('');
  }, 30_000);

  it('takes a damaged state for none, and says what that means', async () => {
    await sync('192.0.2.7\n');
    const [name = ''] = await readdir(join(folder, 'state'));
    await writeFile(join(folder, 'state', name), 'garbage');
    const next = await sync('192.0.2.7\n');
    expect(next).toMatchObject({ code: 0, added: ['192.0.2.7'] });
    expect(next.messages.join('\n')).toMatch(/is damaged[^]*ends with its --ttl/);
  }, 30_000);

  describe('of a feed', () => {
    let server: Server;
    let url: string;
    let ca: string;
    const asked: (string | undefined)[] = [];
    let body = '{"cidr":"192.0.2.0/24","sblid":"SBL1"}\n{"type":"metadata","size":1}\n';

    beforeAll(async () => {
      const certificates = await makeCertificates(temporaryFolder());
      ca = certificates.ca;
      server = createServer(
        {
          cert: await readFile(certificates.serverCert),
          key: await readFile(certificates.serverKey),
        },
        (request, response) => {
          asked.push(request.headers['if-none-match']);
          const etag = `"${body.length.toString()}"`;
          const isKnown = request.headers['if-none-match'] === etag;
          response.writeHead(isKnown ? 304 : 200, { etag });
          response.end(isKnown ? undefined : body);
        },
      );
      await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
      url = `https://localhost:${(server.address() as AddressInfo).port.toString()}/drop_v4.json`;
    }, 30_000);
    afterAll(() => {
      server.closeAllConnections();
      server.close();
    });

    const run = async (env: Record<string, string> = { NODE_EXTRA_CA_CERTS: ca }) => {
      const config = join(folder, 'vallum-pub.yaml');
      // Its origin is this host's, and not that of a feed; its url is the broker.
      await writeFile(config, `url: mqtt://localhost:${broker.port.toString()}\norigin: web1\n`, {
        mode: 0o600,
      });
      await mkdir(join(folder, 'feeds'), { recursive: true });
      const feed = ['set: drop', `url: ${url}`, 'ttl: 1d', `state-dir: ${join(folder, 'state')}`];
      await writeFile(join(folder, 'feeds', 'spamhaus-drop.yaml'), feed.join('\n'));
      return vallumPub(['sync', '--feed', 'spamhaus-drop'], {
        env: { ...env, VALLUM_PUB_CONFIG: config },
      });
    };

    it('does as its file says, and asks the server whether anything has changed', async () => {
      const first = await run();
      expect(first).toMatchObject({ code: 0 });
      expect(first.stdout).toContain('1 entry: 1 added');
      await heard.waitForOutput(/drop\/add 192\.0\.2\.0\/24 until \d+ origin spamhaus-drop at/);
      asked.length = 0;
      expect(await run()).toMatchObject({ code: 0, stderr: '' });
      body += '{"cidr":"198.51.100.0/24"}\n';
      const changed = await run();
      expect(changed.stdout).toContain('2 entries: 1 added, 0 withdrawn, 0 renewed, 1 unchanged');
      expect(asked).toEqual([expect.stringMatching(/^"\d+"$/), asked[0]]);
    }, 30_000);

    it('trusts no server of an unknown CA, and changes nothing then', async () => {
      const untrusted = await run({});
      expect(untrusted.code).toBe(66);
      expect(untrusted.stderr).toMatch(
        /certificate that is not to be trusted.*NODE_EXTRA_CA_CERTS/,
      );
    }, 30_000);

    it('names a feed that is not there, and keys that mean nothing', async () => {
      const missing = await vallumPub(['sync', '--feed', '../x']);
      expect(missing).toMatchObject({ code: 78 });
      await mkdir(join(folder, 'feeds'));
      await writeFile(join(folder, 'feeds', 'a.yaml'), 'sett: drop\n');
      const env = { VALLUM_PUB_CONFIG: join(folder, 'vallum-pub.yaml') };
      const unknown = await vallumPub(['sync', '--feed', 'a'], { env });
      expect(unknown).toMatchObject({ code: 78 });
      expect(unknown.stderr).toContain('did you mean set?');
    }, 30_000);
  });
});

describe('vallum-pub sync', () => {
  it.each([
    ['no list', ['--set', 'a', '--origin', 'b'], /--file LIST or --url URL/],
    ['no origin', ['--set', 'a', '-f', '-'], /--origin NAME/],
    ['plain HTTP', ['--set', 'a', '--origin', 'b', '--url', 'http://x.example'], /https:\/\//],
    ['addresses', ['192.0.2.7', '--set', 'a'], /from a list/],
    ['QoS 0', ['--set', 'a', '--origin', 'b', '-f', '-', '--qos', '0'], /QoS 0/],
    ['two lists', ['--set', 'a', '-f', '-', '--url', 'https://x.example'], /--url/],
  ])('does not start with %s', async (_, args, why) => {
    const { code, stderr } = await vallumPub(['sync', ...args]);
    expect(code).toBe(64);
    expect(stderr).toMatch(why);
  });

  it('says what to do where the state folder cannot be used', async () => {
    const folder = temporaryFolder();
    const file = join(folder, 'file');
    await writeFile(file, '192.0.2.7');
    await chmod(file, 0o600);
    const args = ['sync', '--set', 'a', '--origin', 'b', '-f', file, '--state-dir'];
    expect(await vallumPub([...args, join(file, 'x')])).toMatchObject({
      code: 74,
      stderr: expect.stringContaining('is no folder; --state-dir names another one'),
    });
    expect(await vallumPub([...args, '/proc/vallum/sync'])).toMatchObject({
      code: 74,
      stderr: expect.stringMatching(
        /"\/proc\/vallum\/sync" is not there, and cannot be made; --state-dir names another folder/,
      ),
    });
  });

  it('explains itself with --help', async () => {
    const { code, stdout } = await vallumPub(['sync', '--help']);
    expect(code).toBe(0);
    expect(stdout).toContain('--broker-url');
    expect(stdout).toContain('--checksum-url');
  });
});
