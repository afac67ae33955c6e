import { createServer } from 'node:net';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  freePort,
  makeCertificates,
  mustRun,
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { resultFields } from '../src/list-forms.js';
import { startVallumPub, subscribe, vallumPub } from './vallum-pub.js';

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'vallum-pub and a real Mosquitto', () => {
  let broker: Mosquitto;
  let port: string;
  /** Topic, QoS, retained, payload in hexadecimal: all that tells one message from another. */
  let heard: RunningProcess;

  beforeAll(async () => {
    broker = await startMosquitto();
    port = broker.port.toString();
    heard = await subscribe(broker, '%t %q %r %x');
  }, 30_000);
  afterEach(() => {
    heard.clearOutput();
  });

  it.each([
    ['add', '192.0.2.7'],
    ['del', '192.0.2.7'],
    ['add', '2001:db8::7'],
  ])(
    'sends of %s %s what mosquitto_pub would send',
    async (command, address) => {
      const topic = `blacklist/${command}`;
      await mustRun('mosquitto_pub', ['-p', port, '-q', '1', '-t', topic, '-m', address]);
      const [expected] = await heard.waitForOutput(/^.+\n/);
      heard.clearOutput();
      const sent = await vallumPub([command, address, '--set', 'blacklist', '-p', port]);
      expect(sent).toMatchObject({
        code: 0,
        stdout: `sent 1 ${command === 'add' ? 'ban' : 'unban'} to ${topic}${command === 'add' ? ", for as long as each set's own timeout says (for ever where it has none)" : ''} (confirmed by localhost:${port})\n`,
        stderr: '',
      });
      expect((await heard.waitForOutput(/^.+\n/))[0]).toBe(expected);
    },
    20_000,
  );

  it('sends a list of 5,000 in few messages and reports bad lines by their place', async () => {
    const list = Array.from({ length: 5000 }, (_, n) => `10.1.${n >> 8}.${n & 255}`);
    const file = join(temporaryFolder(), 'list.txt');
    const text = ['# spammers', '', ...list.slice(0, 100), '010.0.0.1', ...list.slice(100), ''];
    await writeFile(file, text.join('\n'));
    const result = await vallumPub(['add', '-f', file, '--set', 'blacklist', '-p', port]);
    expect(result).toMatchObject({ code: 65 });
    expect(result.stderr).toMatch(/^vallum-pub: list\.txt:103: "010\.0\.0\.1": .+\n$/);
    expect(result.stdout).toMatch(
      /^sent 5,000 bans to blacklist\/add in 5 messages, where the list names no end [^\n]+ \(confirmed by /,
    );
    await heard.waitForOutput(/(.+\n){5}/);
    const payloads = heard
      .stdout()
      .trim()
      .split('\n')
      .map((line) => line.split(' ')[3] ?? '');
    const addresses = payloads.flatMap((hex) => Buffer.from(hex, 'hex').toString().split('\n'));
    expect(addresses).toEqual(list);
  }, 20_000);

  it('reads a list from standard input, and quietly says nothing', async () => {
    const args = ['add', '--file', '-', '--set', 'blacklist', '--quiet'];
    const result = await vallumPub(args, {
      input: '192.0.2.1\r\n\r\n192.0.2.2 # two\r\n192.0.2.1\r\n',
      env: { VALLUM_PORT: port },
    });
    expect(result).toMatchObject({ code: 0, stdout: '', stderr: '' });
    await heard.waitForOutput(/\n/);
    const hex = Buffer.from('192.0.2.1\n192.0.2.2').toString('hex');
    expect(heard.stdout()).toBe(`blacklist/add 1 0 ${hex}\n`);
  }, 20_000);

  it('reads where the broker is from its configuration file', async () => {
    const config = join(temporaryFolder(), 'vallum-pub.yaml');
    await writeFile(config, `host: 127.0.0.1\nport: ${port}\nset: attackers\norigin: web1\n`);
    const result = await vallumPub(['add', '192.0.2.7', '--config', config]);
    expect(result).toMatchObject({ code: 0, stderr: '' });
    expect(result.stdout).toContain('attackers/add');
    await heard.waitForOutput(/\n/);
    expect(heard.stdout()).toContain(Buffer.from('192.0.2.7 origin web1 at ').toString('hex'));
  }, 20_000);

  describe('where nobody listens', () => {
    let empty: Mosquitto;
    let send: (...args: string[]) => ReturnType<typeof vallumPub>;
    beforeAll(async () => {
      empty = await startMosquitto();
      send = (...args) => vallumPub([...args, '-p', empty.port.toString()]);
    }, 30_000);

    it.each([['add'], ['del']])(
      'ends %s with 67 and claims nothing',
      async (command) => {
        const result = await send(command, '192.0.2.7', '--set', 'blaklist');
        expect(result).toMatchObject({ code: 67, stdout: '' });
        expect(result.stderr).toMatch(
          /^vallum-pub: nobody listens to blaklist\/\w+: .*\(--set.+\n$/,
        );
      },
      20_000,
    );

    it('knows a session that waits for its node from nobody', async () => {
      const node = ['-i', 'fw1', '-c', '-q', '1', '-t', 'away/#', '-p', empty.port.toString()];
      await mustRun('mosquitto_sub', [...node, '-E']);
      expect(await send('add', '192.0.2.7', '--set', 'away')).toMatchObject({
        code: 0,
        stderr: '',
      });
    }, 20_000);

    it('is told nothing at QoS 0, and says so', async () => {
      const result = await send('add', '192.0.2.7', '--set', 'x', '--qos', '0');
      expect(result).toMatchObject({ code: 0, stderr: '' });
      expect(result.stdout).toContain('confirms nothing');
    }, 20_000);
  });

  it('claims no confirmation where the broker takes nothing above QoS 0', async () => {
    const low = await startMosquitto({ config: 'max_qos 0' });
    const args = ['add', '192.0.2.7', '--set', 'x', '-p', low.port.toString()];
    const result = await vallumPub(args);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/\(not confirmed: localhost:\d+ takes QoS 0 only\)\n$/);
    const { stdout } = await vallumPub([...args, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({
      result: 'ok',
      confirmed: { entries: 0 },
      unconfirmed: { entries: 1, messages: 1 },
    });
  }, 20_000);

  it('tells programs with --json what came of a list, and people on standard error', async () => {
    const args = ['add', '-f', '-', '--set', 'blacklist', '-p', port, '--json'];
    const { code, stdout, stderr } = await vallumPub(args, {
      input: '192.0.2.1\n10.0.0.0/8\n192.0.2.1\n',
    });
    expect(code).toBe(65);
    expect(stdout.trimEnd()).not.toContain('\n');
    // It stands there with --confirm.
    const documented = resultFields
      .map(([field]) => field)
      .filter((field) => field !== 'confirmation');
    expect(Object.keys(JSON.parse(stdout) as object)).toEqual(documented);
    expect(JSON.parse(stdout)).toEqual({
      result: 'bad-input',
      action: 'ban',
      set: 'blacklist',
      topic: 'blacklist/add',
      broker: `localhost:${port}`,
      qos: 1,
      mqtt: '5',
      confirmed: { entries: 1, messages: 1 },
      unheard: { entries: 0, messages: 0 },
      unconfirmed: { entries: 0, messages: 0 },
      duplicates: 1,
      bad: 1,
      rejections: [
        {
          place: 'standard input:2',
          input: '10.0.0.0/8',
          detail: expect.stringContaining('--min-prefix 8'),
        },
      ],
      messages: [expect.stringContaining('standard input:2')],
      milliseconds: expect.any(Number),
    });
    expect(stderr).toContain('standard input:2');
  }, 20_000);

  it('says with --verbose what it does, on standard error', async () => {
    const result = await vallumPub(['add', '192.0.2.7', '--set', 'blacklist', '-p', port, '-v']);
    expect(result.code).toBe(0);
    expect(result.stdout).toMatch(/^sent 1 ban [^\n]+\n$/);
    expect(result.stderr).toMatch(/\d+ ms: connected to localhost:\d+ with MQTT 5\n/);
    expect(result.stderr).toMatch(/blacklist\/add: 1 entry, 9 bytes at QoS 1: confirmed\n/);
  }, 20_000);

  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)(
    'says at %s what is confirmed, and ends with %d',
    async (signal, expected) => {
      const running = await startVallumPub([
        'add',
        '192.0.2.7',
        '--set',
        'x',
        '-p',
        await openPort(),
      ]);
      await new Promise((resolve) => setTimeout(resolve, 1500));
      running.signal(signal);
      const { code, stderr } = await running.exited;
      expect(code).toBe(expected);
      expect(stderr).toBe(
        'vallum-pub: interrupted\nvallum-pub: not confirmed: 192.0.2.7\nvallum-pub: nothing was confirmed\n',
      );
    },
    20_000,
  );

  describe('that asks for a password and TLS', () => {
    let folder: string;
    let secure: Mosquitto;
    let connection: string[];

    beforeAll(async () => {
      folder = temporaryFolder();
      const made = await makeCertificates(folder);
      await writeFile(join(folder, 'acl'), 'user web1\ntopic readwrite blacklist/#\n');
      secure = await startMosquitto({
        tls: { ca: made.ca, cert: made.serverCert, key: made.serverKey },
        users: { web1: 'correct horse' },
        config: `acl_file ${join(folder, 'acl')}`,
      });
      await writeFile(join(folder, 'password'), 'correct horse\n', { mode: 0o600 });
      connection = [
        '-p',
        secure.port.toString(),
        '-c',
        made.ca,
        '-T',
        '-u',
        'web1',
        '--wait',
        '5s',
      ];
    }, 30_000);

    it('sends with both', async () => {
      const args = ['add', '192.0.2.7', '--set', 'blacklist', ...connection];
      const result = await vallumPub([...args, '--password-file', join(folder, 'password')]);
      // Let in, and nobody else is there.
      expect(result).toMatchObject({ code: 67, stdout: '' });
      expect(result.stderr).toContain('nobody listens to blacklist/add');
    }, 20_000);

    it('ends with 77 for a wrong password, which it does not repeat', async () => {
      const args = [
        'add',
        '192.0.2.7',
        '--set',
        'blacklist',
        ...connection,
        '-P',
        'battery staple',
      ];
      const result = await vallumPub(args);
      expect(result.code).toBe(77);
      expect(result.stderr).toContain('web1');
      expect(result.stdout + result.stderr).not.toContain('battery');
    }, 20_000);

    it('ends with 77 for a topic that it may not publish to', async () => {
      const args = ['add', '192.0.2.7', '--set', 'other', ...connection, '-P', 'correct horse'];
      const result = await vallumPub(args);
      expect(result.code).toBe(77);
      expect(result.stderr).toContain('other/add');
      expect(result.stderr).toContain('not confirmed: 192.0.2.7');
    }, 20_000);

    it('ends with 77 where the certificate is signed by somebody unknown', async () => {
      const args = ['add', '192.0.2.7', '--set', 'blacklist', '-T', '-p', secure.port.toString()];
      const result = await vallumPub([...args, '--wait', '5s']);
      expect(result.code).toBe(77);
      expect(result.stderr).toMatch(
        /^vallum-pub: not connected to the broker: the certificate of \S+ \(for "localhost"\) is signed by "Vallum test CA", and the list of the system's authorities does not hold that authority/,
      );
      const other = (await makeCertificates(temporaryFolder())).ca;
      const named = await vallumPub([...args, '-c', other, '--wait', '5s']);
      expect(named.code).toBe(77);
      expect(named.stderr).toContain(
        `the CA file ${JSON.stringify(other)} holds an authority of that name, but with another key`,
      );
    }, 20_000);

    it('ends with 77 where no password was given, and calls none wrong', async () => {
      const result = await vallumPub(['add', '192.0.2.7', '--set', 'blacklist', ...connection]);
      expect(result.code).toBe(77);
      expect(result.stderr).toMatch(/refused user "web1", and no password was given/);
      expect(result.stderr).not.toMatch(/check user name/);
    }, 20_000);
  });

  it.each([
    ['nobody listens', freePort],
    ['somebody listens and says nothing', openPort],
  ])(
    'gives up after --wait where %s',
    async (_what, findPort) => {
      const unreachable = String(await findPort());
      const started = performance.now();
      const result = await vallumPub([
        'add',
        '192.0.2.7',
        '--set',
        'blacklist',
        '-p',
        unreachable,
        '--wait',
        '1s',
      ]);
      expect(performance.now() - started).toBeLessThan(8000);
      expect(result.code).toBe(69);
      expect(result.stdout).toBe('');
      expect(result.stderr).toMatch(/no connection to localhost:\d+ within 1s/);
      expect(result.stderr).toContain('nothing was sent');
    },
    20_000,
  );
});

/** Takes connections and never answers. */
async function openPort(): Promise<string> {
  const server = createServer(() => undefined);
  await new Promise<void>((resolve) => server.listen(0, resolve));
  server.unref();
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port.toString();
}
