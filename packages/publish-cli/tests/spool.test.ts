import { execFileSync } from 'node:child_process';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  freePort,
  runProcess,
  startMosquitto,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  waitFor,
  type Mosquitto,
} from '@vallum/test-kit';
import { subscribe, vallumPub } from './vallum-pub.js';

const program = new URL('../bin/vallum-pub.js', import.meta.url).pathname;

/** A spool of its own, and the calls that use it. */
function spoolFor(port: number | string) {
  const folder = join(temporaryFolder(), 'spool');
  const env = { VALLUM_SPOOL: 'true', VALLUM_SPOOL_DIR: folder, VALLUM_WAIT: '1s' };
  const at = { VALLUM_HOST: '127.0.0.1', VALLUM_PORT: port.toString(), VALLUM_SET: 'blacklist' };
  const whole = () =>
    readdirSync(folder)
      .filter((name) => !name.startsWith('.'))
      .sort()
      .map((name) => readFileSync(join(folder, name), 'utf8').split('\n'));
  return {
    folder,
    env: { ...env, ...at },
    run: (...args: readonly string[]) => vallumPub(args, { env: { ...env, ...at } }),
    files: () => readdirSync(folder).filter((name) => !name.startsWith('.')),
    payloads: () => whole().map((lines) => lines.slice(2).join('\n')),
    heads: () => whole().map(([, head = '']) => JSON.parse(head) as { readonly why: string }),
  };
}

describe('vallum-pub without a broker', () => {
  it('keeps a ban with the moment of asking, says so, and ends with 0', async () => {
    const spool = spoolFor(await freePort());
    const before = Date.now();
    const result = await spool.run('add', '192.0.2.7');
    expect(result).toMatchObject({ code: 0, stdout: '' });
    expect(result.stderr).toContain('no connection to 127.0.0.1');
    expect(result.stderr).toContain(`kept 1 ban in ${spool.folder}`);
    const [, stamp = ''] = /^192\.0\.2\.7 at (\d{13})$/.exec(spool.payloads()[0] ?? '') ?? [];
    expect(Number(stamp)).toBeGreaterThanOrEqual(before);
    expect(Number(stamp)).toBeLessThanOrEqual(Date.now());
  }, 20_000);

  it('makes a timeout an end, so that waiting does not lengthen the ban', async () => {
    const spool = spoolFor(await freePort());
    const before = Math.floor(Date.now() / 1000);
    await spool.run('add', '2001:db8::7', '--timeout', '1h', '--origin', 'web1');
    const [, until = ''] =
      /^2001:db8::7 until (\d+) origin web1 at/.exec(spool.payloads()[0] ?? '') ?? [];
    expect(Number(until) - before).toBeGreaterThanOrEqual(3600);
    expect(Number(until) - before).toBeLessThan(3610);
  }, 20_000);

  it('flushes to no URL of something else than a broker, and keeps what waits', async () => {
    const spool = spoolFor(await freePort());
    const more = ['--any-broker', '--spool-dir', spool.folder, '--url', 'http://192.0.2.1'];
    const refused = {
      ...{ code: 64, stdout: '' },
      stderr: expect.stringMatching(/^vallum-pub: the broker URL begins with "http:".*\n$/),
    };
    expect(await vallumPub(['flush', ...more])).toMatchObject(refused);
    await spool.run('add', '192.0.2.7');
    expect(await vallumPub(['flush', ...more])).toMatchObject(refused);
    expect(spool.files()).toHaveLength(1);
  }, 20_000);

  it('ends with 69 and keeps nothing with --no-spool', async () => {
    const spool = spoolFor(await freePort());
    expect(await spool.run('add', '192.0.2.7', '--no-spool')).toMatchObject({
      code: 69,
      stderr: expect.stringContaining('nothing was sent'),
    });
    expect(() => spool.files()).toThrow('ENOENT');
  }, 20_000);

  it('keeps a whole list in its order, and reports its bad lines all the same', async () => {
    const spool = spoolFor(await freePort());
    const list = Array.from(
      { length: 3000 },
      (_, n) => `10.1.${(n >> 8).toString()}.${(n & 255).toString()}`,
    );
    const file = join(temporaryFolder(), 'list.txt');
    writeFileSync(file, [...list, 'nonsense'].join('\n'));
    const result = await spool.run('add', '--file', file, '--json');
    expect(result.code).toBe(65);
    expect(JSON.parse(result.stdout)).toMatchObject({
      kept: { entries: 3000, messages: 3 },
      bad: 1,
    });
    const addresses = spool.payloads().flatMap((text) => text.split('\n'));
    expect(addresses.map((line) => line.replace(/ at \d{13}$/, ''))).toEqual(list);
  }, 20_000);

  it('says what of a list that does not end it has kept, and ends with 69', async () => {
    const spool = spoolFor(await freePort());
    const feed = await startProcess(
      'sh',
      [
        '-c',
        `(echo 192.0.2.1; echo 192.0.2.2; sleep 6) | "${process.execPath}" "${program}" add -f -; echo "code $?"`,
      ],
      { env: { ...spool.env, NODE_EXTRA_CA_CERTS: undefined } },
    );
    await feed.waitForOutput(/code \d+/, { timeoutMs: 15_000 });
    expect(feed.output()).toContain('kept 2 bans');
    expect(feed.output()).toContain('not kept for later, the rest');
    expect(spool.payloads()).toHaveLength(1);
  }, 30_000);

  it.each([
    [
      'a file stands where the folder should be',
      (at: string) => {
        writeFileSync(at, '');
        return at;
      },
      'is no folder',
    ],
    [
      'the folder is a link to nowhere',
      (at: string) => {
        symlinkSync('/nowhere/else', at);
        return at;
      },
      'spool',
    ],
    [
      'no folder can be made',
      () => '/proc/vallum',
      'is not there, and cannot be made where it would be; name another (--spool-dir)',
    ],
  ])(
    'ends with 69 and says why nothing is kept where %s',
    async (_what, spoil, why) => {
      const spool = spoolFor(await freePort());
      const folder = spoil(spool.folder);
      const result = await spool.run('add', '192.0.2.7', '--spool-dir', folder);
      expect(result.code).toBe(69);
      expect(result.stderr).toContain('not kept for later: the spool');
      expect(result.stderr).toContain(why);
    },
    20_000,
  );

  it('lists what waits, for people and as JSON', async () => {
    const spool = spoolFor(await freePort());
    expect(await spool.run('spool')).toMatchObject({
      code: 0,
      stdout: `nothing waits in ${spool.folder}\n`,
    });
    await spool.run('add', '192.0.2.7', '--reason', 'red one');
    await spool.run('del', '192.0.2.7', '192.0.2.8');
    const { stdout } = await spool.run('spool');
    expect(stdout).toMatch(/UTC|[+-]\d\d:\d\d/);
    expect(stdout).toContain('blacklist/del 192.0.2.7 at ');
    expect(stdout).toContain('and 1 more entry');
    expect(stdout).toContain('3 entries in 2 messages');
    const [first = ''] = (await spool.run('spool', '--json')).stdout.split('\n');
    expect(JSON.parse(first)).toMatchObject({
      topic: 'blacklist/add',
      entries: 1,
      why: 'unreachable',
    });
  }, 30_000);
});

suiteNeeding(['namespace', 'mosquitto', 'mosquitto-clients'], 'the spool on a bad disk', () => {
  const kept = async (mount: string) => {
    const folder = temporaryFolder();
    const command = `mount -t tmpfs ${mount} none "$0" && cd / && exec "$1" "$2" add 192.0.2.7 -p 1 --set x --wait 1s --spool-dir "$0/spool"`;
    return runProcess('unshare', ['-m', 'sh', '-c', command, folder, process.execPath, program], {
      env: { NODE_EXTRA_CA_CERTS: undefined },
    });
  };

  it('says of one that is read-only that nothing is kept', async () => {
    const result = await kept('-o ro');
    expect(result.code).toBe(69);
    expect(result.stderr).toContain('read-only');
  }, 20_000);

  it('says of one that is full that nothing is kept, and leaves no half a message', async () => {
    const folder = temporaryFolder();
    const script = `
      mount -t tmpfs -o size=64k none "$0" && mkdir "$0/spool" "$0/spool/.work"
      dd if=/dev/zero of="$0/fill" bs=1k 2>/dev/null
      "$1" "$2" add 192.0.2.7 -p 1 --set x --wait 1s --spool-dir "$0/spool"; code=$?
      find "$0/spool" -type f; exit $code`;
    const result = await runProcess(
      'unshare',
      ['-m', 'sh', '-c', script, folder, process.execPath, program],
      {
        env: { NODE_EXTRA_CA_CERTS: undefined },
      },
    );
    expect(result).toMatchObject({ code: 69, stdout: '' });
    expect(result.stderr).toContain('is on a disk that is full');
  }, 20_000);
});

suiteNeeding(
  ['namespace', 'mosquitto', 'mosquitto-clients'],
  'delivering from a spool on a bad disk',
  () => {
    /** Flushes what waits, on a disk of its own that `spoil` has met. */
    const flushed = async (spoil: string, again: string) => {
      const spool = spoolFor(await freePort());
      await spool.run('add', '192.0.2.7');
      const broker = await startMosquitto();
      const heard = await subscribe(broker, '%p');
      const script = `
        mount -t tmpfs -o size=64k,nr_inodes=16 none "$0" && cp -a "$1" "$0/spool" && cd "$0" || exit 99
        ${spoil}
        node=$2 program=$3 port=$4
        flush() { "$node" "$program" flush --any-broker -p "$port" --spool-dir "$0/spool"; echo "flush: $?"; }
        flush
        ${again}
        find "$0/spool" -type f`;
      const { stdout, stderr } = await runProcess(
        'unshare',
        [
          ...['-m', 'sh', '-c', script, temporaryFolder(), spool.folder],
          ...[process.execPath, program, broker.port.toString()],
        ],
        { env: { NODE_EXTRA_CA_CERTS: undefined } },
      );
      await heard.waitForOutput(/192\.0\.2\.7 at/);
      await heard.kill();
      await broker.stop();
      const codes = [...stdout.matchAll(/^flush: (\d+)$/gm)].map(([, code]) => Number(code));
      return { codes, files: stdout.match(/\.msg$/gm), stderr, heard: heard.stdout() };
    };

    it('makes room on one that is full', async () => {
      const fill = 'i=0; while true > "$0/fill$i"; do i=$((i + 1)); done 2>/dev/null';
      expect(await flushed(fill, '')).toMatchObject({ codes: [0], files: null, stderr: '' });
    }, 30_000);

    it('sends nothing from one that is read-only, where it would be sent again and again', async () => {
      const readOnly = 'mount -o remount,ro "$0"';
      const result = await flushed(readOnly, 'mount -o remount,rw "$0"; flush');
      expect(result).toMatchObject({ codes: [66, 0], files: null });
      expect(result.stderr).toContain('cannot be delivered from (EROFS)');
      expect(result.heard.match(/192\.0\.2\.7/g)).toHaveLength(1);
    }, 30_000);
  },
);

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'the spool and a broker that comes back', () => {
  let broker: Mosquitto;
  beforeAll(async () => {
    broker = await startMosquitto();
  }, 30_000);

  it('delivers by flush what waits, oldest first, and leaves an empty folder', async () => {
    const spool = spoolFor(broker.port);
    await broker.stop();
    for (const last of [1, 2, 3]) await spool.run('add', `192.0.2.${last.toString()}`);
    await spool.run('del', '192.0.2.2');
    expect(await spool.run('flush')).toMatchObject({ code: 69 });
    expect(spool.files()).toHaveLength(4);
    await broker.start();
    const heard = await subscribe(broker, '%t %p');
    expect(await spool.run('flush')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('delivered 4 entries of 4 messages'),
    });
    await heard.waitForOutput(/del 192\.0\.2\.2 at/);
    expect(heard.stdout().match(/192\.0\.2\.\d/g)).toEqual([
      '192.0.2.1',
      '192.0.2.2',
      '192.0.2.3',
      '192.0.2.2',
    ]);
    expect(spool.files()).toEqual([]);
    await heard.kill();
  }, 60_000);

  it('delivers with the next call what waits for the same broker, and leaves the rest', async () => {
    const spool = spoolFor(broker.port);
    await spool.run('add', '192.0.2.9', '-p', (await freePort()).toString());
    await broker.stop();
    await spool.run('add', '192.0.2.1');
    await broker.start();
    const heard = await subscribe(broker, '%t %p');
    const result = await spool.run('add', '192.0.2.2');
    expect(result.code).toBe(0);
    expect(result.stdout).toContain('delivered 1 entry of 1 message');
    await heard.waitForOutput(/192\.0\.2\.1 at/);
    expect(heard.stdout()).not.toContain('192.0.2.9');
    expect(spool.files()).toHaveLength(1);
    expect((await spool.run('flush')).stdout).toContain('1 message in');
    expect(await spool.run('flush', '--any-broker')).toMatchObject({ code: 0 });
    await heard.waitForOutput(/192\.0\.2\.9 at/);
    await heard.kill();
  }, 60_000);

  it('keeps what nobody listens to for an hour, ends with 67, and delivers it to who comes', async () => {
    const spool = spoolFor(broker.port);
    const result = await spool.run('add', '192.0.2.1', '--topic', 'quiet');
    expect(result.code).toBe(67);
    expect(result.stderr).toContain('sent again for 1 h');
    expect(await spool.run('flush')).toMatchObject({ code: 67 });
    expect(spool.files()).toHaveLength(1);
    const heard = await subscribe(broker, '%t %p');
    expect(await spool.run('flush')).toMatchObject({ code: 0 });
    expect(spool.files()).toEqual([]);
    await heard.kill();
  }, 60_000);

  it('sets aside what is no message, and passes over what it must not open', async () => {
    const spool = spoolFor(broker.port);
    await spool.run('add', '192.0.2.1', '-p', (await freePort()).toString());
    const [name = ''] = spool.files();
    const at = (other: string) => join(spool.folder, other);
    writeFileSync(at(name.replace('-0000-', '-0001-')), 'garbage');
    symlinkSync('/etc/passwd', at(name.replace('-0000-', '-0002-')));
    execFileSync('mkfifo', [at(name.replace('-0000-', '-0003-'))]);
    mkdirSync(at(name.replace('-0000-', '-0004-')));
    const cut = readFileSync(at(name)).subarray(0, -3);
    writeFileSync(at(name.replace('-0000-', '-0005-')), cut);
    const heard = await subscribe(broker, '%t %p');
    const result = await spool.run('flush', '--any-broker');
    expect(result).toMatchObject({
      code: 65,
      stderr: expect.stringContaining('set aside 5 files'),
    });
    expect(spool.files()).toEqual([]);
    expect(readdirSync(at('.unusable'))).toHaveLength(5);
    await heard.kill();
  }, 60_000);

  it('delivers a ban that has ended while it waited: a set may make more of it', async () => {
    const spool = spoolFor(broker.port);
    const dead = (await freePort()).toString();
    await spool.run('add', '192.0.2.1', '--timeout', '1', '-p', dead);
    const [, until] = / until (\d+)/.exec(spool.payloads()[0] ?? '') ?? [];
    await waitFor(() => Date.now() / 1_000 > Number(until), { what: 'the end of the ban' });
    const heard = await subscribe(broker, '%t %p');
    expect(await spool.run('flush', '--any-broker')).toMatchObject({ code: 0 });
    await heard.waitForOutput(/192\.0\.2\.1 until/);
    expect(spool.files()).toEqual([]);
    await heard.kill();
  }, 60_000);

  it('drops by its name what is older than a week, whoever it was for and though nobody answers', async () => {
    const spool = spoolFor((await freePort()).toString());
    await spool.run('add', '192.0.2.1', '-p', (await freePort()).toString());
    const [name = ''] = spool.files();
    const aged = (days: number) =>
      `${(Date.now() - days * 86_400_000).toString()}${name.slice(13)}`;
    renameSync(join(spool.folder, name), join(spool.folder, aged(8)));
    await spool.run('add', '192.0.2.2');
    const result = await spool.run('flush');
    expect(result.code).toBe(69);
    expect(result.stderr).toContain(`dropped 1 message in ${spool.folder}: too old`);
    expect(spool.files()).toHaveLength(1);
  }, 60_000);

  it('tries a broker for a moment only after a call that has waited in vain, until it is back', async () => {
    const spool = spoolFor(broker.port);
    const whys = () => spool.heads().map(({ why }) => why);
    await broker.stop();
    expect((await spool.run('add', '192.0.2.1')).stderr).toContain('within 1s (--wait)');
    const brief = await spool.run('add', '192.0.2.2');
    expect(brief.code).toBe(0);
    expect(brief.stderr).toContain('at once, nor within --wait a moment ago');
    expect(brief.stderr).toContain('kept 1 ban');
    // Another broker was not away, and who wants to be sure waits.
    const other = ['-p', (await freePort()).toString()];
    expect((await spool.run('add', '192.0.2.3', ...other)).stderr).toContain('within 1s');
    expect((await spool.run('add', '192.0.2.4', '--confirm')).stderr).toContain('within 1s');
    expect(whys()).toEqual(['unreachable', 'still unreachable', 'unreachable', 'unreachable']);
    // A try for a moment is none that the next calls may go by.
    for (const name of readdirSync(join(spool.folder, '.work'))) {
      const mark = join(spool.folder, '.work', name);
      const sinceMs = Number(readlinkSync(mark));
      rmSync(mark);
      symlinkSync((sinceMs - 60_000).toString(), mark);
    }
    expect((await spool.run('add', '192.0.2.5')).stderr).toContain('within 1s');
    await broker.start();
    const heard = await subscribe(broker, '%t %p');
    expect(await spool.run('flush', '--any-broker')).toMatchObject({ code: 0 });
    await broker.stop();
    expect((await spool.run('add', '192.0.2.6')).stderr).toContain('within 1s');
    await heard.kill();
    await broker.start();
  }, 60_000);
});
