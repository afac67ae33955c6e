import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  freePort,
  mustRun,
  runProcess,
  suiteNeeding,
  temporaryFolder,
  testNeeding,
  waitFor,
  type RunningProcess,
} from '@vallum/test-kit';
import { publish, runVallumd, startVallumd, vallumdCommand } from './start-vallumd.js';

/** But for the ends of lines. */
const CONTROL = /(?!\n)\p{C}/u;
const ODD = '$(id) %s <b>; [31m';

function memoryOf(pid: number, what: 'VmRSS' | 'VmHWM'): number {
  const status = readFileSync(`/proc/${pid.toString()}/status`, 'utf8');
  return Number(new RegExp(`${what}:\\s+(\\d+)`).exec(status)?.[1]) / 1024;
}

suiteNeeding(['mosquitto-clients', 'bash'], 'the commands of a running vallumd', () => {
  const state = join(temporaryFolder(), 'state');
  const place = ['--state-dir', state];
  let port = 0;
  let vallumd: RunningProcess;

  const start = async (...more: readonly string[]) => {
    const started = await startVallumd([
      ...['--listen', port.toString(), '-t', 'blacklist', '--backend', 'memory', '--node', 'fw1'],
      ...['--protect', '198.51.100.0/24', ...place, ...more],
    ]);
    await started.waitForOutput(/listening to blacklist/);
    return started;
  };
  const ask = (...words: readonly string[]) => runVallumd([...words, ...place]);

  beforeAll(async () => {
    port = await freePort();
    vallumd = await start();
    const sshd = 'origin web1.sshd reason "port scan"';
    await publish(port, 'blacklist/add', `203.0.113.7 timeout 3600 ${sshd}`);
    await publish(
      port,
      'blacklist/add',
      `203.0.113.9 timeout 3600 origin web2.sshd reason "${ODD}"`,
    );
    await publish(port, 'blacklist/add', '198.51.100.7 origin web1.sshd');
    await publish(port, 'blacklist/add', '192.0.2.0/25 origin ids1');
    await waitFor(async () => (await ask('list')).stdout.includes('192.0.2.0/25') || undefined, {
      timeoutMs: 20_000,
      what: 'the last ban in the list',
    });
  });
  afterAll(() => vallumd.kill());

  it('are answered on a socket that only its user and group may use', () => {
    const path = join(state, 'control.sock');
    expect(statSync(path).mode & 0o777).toBe(0o660);
  });

  it('show how it is, on one screen', async () => {
    const { code, stdout, stderr } = await ask('status');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^fw1 {2}vallumd \S+, memory, up /);
    expect(stdout).toMatch(/^broker +connected /m);
    expect(stdout).toMatch(/^blacklist +3 +0 +1 /m);
    expect(stdout).toMatch(/^latest\n.*192\.0\.2\.0\/25/m);
    expect(stdout).not.toContain('\u001b');
    const json = JSON.parse((await ask('status', '--json')).stdout) as object;
    expect(json).toMatchObject({ node: 'fw1', sets: [{ set: 'blacklist', bans: 3 }, {}] });
  });

  it.each<[string[], string[]]>([
    [[], ['192.0.2.0/25', '198.51.100.7', '203.0.113.7', '203.0.113.9']],
    [['blacklist'], ['192.0.2.0/25', '198.51.100.7', '203.0.113.7', '203.0.113.9']],
    [
      ['--origin', 'web1.sshd'],
      ['198.51.100.7', '203.0.113.7'],
    ],
    [
      ['--origin', 'web*'],
      ['198.51.100.7', '203.0.113.7', '203.0.113.9'],
    ],
    [['--within', '203.0.113.8/30'], ['203.0.113.9']],
    [
      ['--ending', '2h'],
      ['203.0.113.7', '203.0.113.9'],
    ],
    [
      ['--since', '1h', '--limit', '2', '--offset', '1'],
      ['198.51.100.7', '203.0.113.7'],
    ],
  ])('list the bans of %j', async (words, wanted) => {
    const { code, stdout } = await ask('list', ...words, '--json-lines');
    const found = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { address: string }).address);
    expect([code, found]).toEqual([0, wanted]);
    const table = (await ask('list', ...words)).stdout.trimEnd().split('\n');
    expect(table[0]).toMatch(/^address +set +who +since +until +reason$/);
    expect(table.slice(1).map((line) => line.split(' ')[0])).toEqual(wanted);
    expect(JSON.parse((await ask('list', ...words, '--json')).stdout)).toHaveLength(wanted.length);
  });

  it('let nothing that came over the network drive the terminal', async () => {
    expect((await ask('list')).stdout).toContain(ODD);
    const watching = await startVallumd(['watch', '--recent', '500', ...place]);
    await publish(port, 'blacklist/add', '\u001b[2J\u202e203.0.113.1');
    await watching.waitForOutput(/\\x1b\[2J/);
    await watching.kill('SIGINT');
    expect(watching.output()).not.toMatch(CONTROL);
  });

  it('tell who banned an address, and why it is not blocked', async () => {
    expect((await ask('why', '203.0.113.7')).stdout).toMatch(
      /^203\.0\.113\.7 is blocked here\n[^]*web1\.sshd +ban[^]*port scan/,
    );
    expect((await ask('why', '198.51.100.7')).stdout).toMatch(
      /^198\.51\.100\.7 is not blocked here\n.*198\.51\.100\.0\/24 is protected/,
    );
    expect((await ask('why', '192.0.2.1')).stdout).toContain('192.0.2.0/25');
    expect((await ask('why', '10.9.9.9')).stdout).toContain('nothing is known of it');
  });

  it('count by origin and network, and know the fleet', async () => {
    const { stdout } = await ask('top');
    expect(stdout).toMatch(/^web1\.sshd +2$/m);
    expect(stdout).toMatch(/^203\.0\.113\.0\/24 +2$/m);
    expect((await ask('fleet')).stdout).toMatch(
      /^fw1 .* blacklist +3 +[0-9a-f]{8} +0 +1 +\d[.\d]* m?s +now +agrees$/m,
    );
  });

  it('show times by UTC where that is asked for, and else as people there read them', async () => {
    const line = async (...words: readonly string[]) =>
      (await runVallumd(['list', ...words, ...place], { env: { TZ: 'Asia/Tokyo' } })).stdout;
    expect(await line('--utc')).toMatch(/\d\d:\d\d:\d\d UTC/);
    expect(await line()).not.toContain('UTC');
  });

  it.each<[string[], number, RegExp]>([
    [['why'], 64, /no ADDRESS is given: vallumd why ADDRESS/],
    [['why', 'example.org'], 64, /"example\.org"/],
    [['why', '203.0.113.7', '--set', 'none'], 64, /set "none" is none that this Vallum serves/],
    [['why', '203.0.113.7', 'more'], 64, /"more" is one word too many/],
    [['list', 'none'], 64, /set "none" is none/],
    [['list', '--within', 'x'], 64, /"x"/],
    [['list', '--sort', 'colour'], 64, /colour/],
    [['status', '--control', '/nowhere/control.sock'], 0, /^$/],
    [['top', '--by', 'colour'], 64, /colour/],
    [['top', '--limit', '0'], 64, /--limit .*is "0"; it must be a whole number from 1 to 1000/],
    [
      ['top', '--limit', '1001'],
      64,
      /--limit .*is "1001"; it must be a whole number from 1 to 1000/,
    ],
  ])('refuse %j with %d', async (words, wanted, said) => {
    // A socket that is not there leaves the journal.
    const { code, stderr } = await ask(...words);
    if (wanted === 0)
      expect(stderr).toMatch(
        /vallumd \(process \d+\) runs, but it does not answer on \/nowhere\/control.sock; this is what its journal in /,
      );
    else expect(stderr).toMatch(said);
    expect(code).toBe(wanted);
  });

  testNeeding(['root'], 'are refused to another user', async () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o755);
    const socket = join(folder, 'control.sock');
    const other = await startVallumd([
      ...['--listen', (await freePort()).toString(), '-t', 'blacklist', '--backend', 'memory'],
      ...['--control', socket],
    ]);
    await other.waitForOutput(/listening to blacklist/);
    const asNobody = (command: readonly string[]) =>
      runProcess('setpriv', ['--reuid=65534', '--regid=65534', '--clear-groups', ...command], {
        cwd: '/',
      });
    const knock = `require('node:net').connect(process.argv[1])
      .on('error', ({ code }) => console.log(code))
      .on('connect', () => { console.log('let in'); process.exit(); })`;
    const knocked = await asNobody([process.execPath, '-e', knock, socket]);
    expect([knocked.stdout, knocked.stderr]).toEqual(['EACCES\n', '']);
    const { code, stderr } = await asNobody(vallumdCommand(['status', '--control', socket]));
    // Where the clone itself is closed to others, the program cannot even be read.
    if (
      !stderr.includes('EACCES: permission denied, open') &&
      !stderr.includes('MODULE_NOT_FOUND')
    ) {
      expect(stderr).toContain(`this user may not use ${socket}: root and members of the group`);
      expect(code).toBe(77);
    }
    // Nothing but the socket itself has kept it out.
    chmodSync(socket, 0o666);
    expect((await asNobody([process.execPath, '-e', knock, socket])).stdout).toBe('let in\n');
    await other.kill();
  });

  it('leave a vallumd with the same socket banning, which says what it lacks', async () => {
    const second = await startVallumd([
      ...['--listen', (await freePort()).toString(), '-t', 'blacklist', '--backend', 'memory'],
      ...['--control', join(state, 'control.sock')],
    ]);
    await second.waitForOutput(
      /another vallumd listens on the control socket .*: --control names another; bans work all the same/,
    );
    await second.waitForOutput(/listening to blacklist/);
    await second.kill();
    expect((await ask('status')).stdout).toMatch(/^fw1 /);
  });

  it('find a vallumd by its state folder, whatever its --control', async () => {
    const [folder, runtime, elsewhere] = [temporaryFolder(), temporaryFolder(), temporaryFolder()];
    const env = { STATE_DIRECTORY: folder, RUNTIME_DIRECTORY: runtime };
    const other = await startVallumd(
      [
        ...['--listen', (await freePort()).toString(), '-t', 'blacklist', '--backend', 'memory'],
        ...['--node', 'fw2', '--control', join(elsewhere, 'c.sock'), '--state-dir', folder],
      ],
      { env },
    );
    await other.waitForOutput(/listening to blacklist/);
    const { code, stdout } = await runVallumd(['status'], { env });
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^fw2 /)]);
    await other.kill();
  });

  it('say of a vallumd without a socket that it runs', async () => {
    const folder = temporaryFolder();
    const config = join(folder, 'vallumd.yaml');
    writeFileSync(config, "control: ''\n");
    const port = (await freePort()).toString();
    const other = await startVallumd([
      ...['--listen', port, '-t', 'blacklist', '--backend', 'memory', '--control', ''],
      ...['--state-dir', folder],
    ]);
    await other.waitForOutput(/listening to blacklist/);
    const withoutSocket = { env: { VALLUMD_CONFIG: config } };
    const list = () => runVallumd(['list', '--state-dir', folder], withoutSocket);
    const runs = `vallumd (process ${other.pid.toString()}) runs, but no control socket is configured`;
    expect(await list()).toMatchObject({
      ...{ code: 66, stderr: `vallumd list: ${runs}, and its journal in ${folder} is empty\n` },
    });
    await publish(Number(port), 'blacklist/add', '203.0.113.7 timeout 3600');
    await waitFor(async () => (await list()).code === 0 || undefined, {
      timeoutMs: 20_000,
      what: 'a ban in the journal',
    });
    expect(await list()).toMatchObject({
      stdout: expect.stringMatching(/^203\.0\.113\.7 /m) as unknown,
      stderr: `vallumd list: ${runs}; this is what its journal in ${folder} holds\n`,
    });
    await other.kill();
  });

  it('have it compare its sets, by its state folder or by its socket alone', async () => {
    const wanted = {
      ...{ code: 0, stderr: '' },
      stdout:
        'fw1 compares its sets with its ledger, and asks the other nodes to compare theirs:\n' +
        'blacklist: it held what it should\nblacklist6: it held what it should\n',
    };
    expect(await ask('reconcile')).toMatchObject(wanted);
    const bySocket = ['reconcile', '--backend', 'memory', '--control', join(state, 'control.sock')];
    expect(await runVallumd(bySocket)).toMatchObject(wanted);
  });

  it('watch what happens, until vallumd ends', async () => {
    const watching = await startVallumd(['watch', '--recent', '50', ...place]);
    await watching.waitForOutput(/192\.0\.2\.0\/25/);
    await publish(port, 'blacklist/add', '203.0.113.10 origin web1.sshd');
    await watching.waitForOutput(/banned 203\.0\.113\.10/);
    await publish(port, 'blacklist/del', '203.0.113.10 origin web1.sshd');
    await watching.waitForOutput(/unbanned 203\.0\.113\.10/);
    await watching.kill('SIGINT');
    const lines = await startVallumd(['watch', '--json-lines', '--recent', '5', ...place]);
    await lines.waitForOutput(/^\{.*203\.0\.113\.10.*\}$/m);
    await vallumd.kill();
    expect(await lines.exited).toMatchObject({ code: 69 });
    vallumd = await start();
  });

  it('say so of a vallumd that hangs', async () => {
    vallumd.signal('SIGSTOP');
    const { code, stderr } = await ask('status');
    vallumd.signal('SIGCONT');
    expect(stderr).toMatch(/has not answered within 5 s: it hangs, or was stopped/);
    expect(code).toBe(69);
  });

  it('read the journal of one that was killed, and the next one listens again', async () => {
    await vallumd.kill('SIGKILL');
    expect(existsSync(join(state, 'control.sock'))).toBe(true);
    const { code, stdout, stderr } = await ask('list', '--origin', 'ids1');
    expect([code, stderr]).toEqual([
      0,
      `vallumd list: vallumd does not run; this is what its journal in ${state} holds\n`,
    ]);
    expect(stdout).toMatch(/^192\.0\.2\.0\/25 +blacklist +ids1/m);
    expect((await ask('why', '203.0.113.7')).stdout).toContain('only a running vallumd knows');
    expect((await ask('status')).stdout).toMatch(/^blacklist +\d/m);
    for (const command of ['watch', 'fleet']) {
      expect(await ask(command)).toMatchObject({
        ...{ code: 66, stdout: '' },
        stderr: expect.stringMatching(
          /^vallumd \w+: no vallumd answers on .*, and only a running one /,
        ) as unknown,
      });
    }
    const nowhere = join(temporaryFolder(), 'none');
    expect(await runVallumd(['list', '--state-dir', nowhere])).toMatchObject({
      code: 66,
      stdout: '',
    });
    vallumd = await start();
    expect((await ask('status')).stdout).toMatch(/^fw1 /);
  });

  describe('with 200,000 bans', () => {
    beforeAll(async () => {
      const list = join(temporaryFolder(), 'list');
      const lines = Array.from(
        { length: 200_000 },
        (_, at) =>
          `10.${(at >> 16).toString()}.${((at >> 8) & 255).toString()}.${(at & 255).toString()}`,
      );
      // The embedded broker takes 1 MiB at a time.
      for (let from = 0; from < lines.length; from += 50_000) {
        writeFileSync(list, lines.slice(from, from + 50_000).join('\n'));
        await mustRun('mosquitto_pub', [
          ...['-p', port.toString(), '-q', '1', '-t', 'blacklist/add', '-f', list],
        ]);
      }
      await waitFor(async () => (await ask('status')).stdout.includes('200,0') || undefined, {
        timeoutMs: 30_000,
        what: 'all bans',
      });
    });

    it('pass them on as they are read, in little memory', async () => {
      const script = '"$@" | wc -l; echo "${PIPESTATUS[0]}"';
      const list = vallumdCommand(['list', '--json-lines', ...place]);
      const env = { NODE_OPTIONS: '--max-old-space-size=40' };
      const { stdout } = await runProcess('bash', ['-c', script, 'bash', ...list], { env });
      const [rows, code] = stdout.trim().split('\n').map(Number);
      expect(rows).toBeGreaterThanOrEqual(200_000);
      expect(code).toBe(0);
    }, 120_000);

    it('end with their reader', async () => {
      const script = '"$@" | head -n 2; echo "${PIPESTATUS[0]}"';
      const list = vallumdCommand(['list', ...place]);
      const { stdout, stderr } = await runProcess('bash', ['-c', script, 'bash', ...list]);
      expect([stdout.trim().split('\n').length, stdout.slice(-3), stderr]).toEqual([
        3,
        '\n0\n',
        '',
      ]);
    });

    it('do not grow vallumd by what nobody reads', async () => {
      const before = memoryOf(vallumd.pid, 'VmRSS');
      const lazy = Array.from({ length: 20 }, () => {
        const socket = connect(join(state, 'control.sock'));
        socket.write('GET /api/leases?format=jsonl HTTP/1.1\r\nHost: localhost\r\n\r\n');
        return socket.pause();
      });
      await new Promise((resolve) => setTimeout(resolve, 1_500));
      expect((await ask('status')).code).toBe(0);
      // Each of them asks for some 30 MB.
      expect(memoryOf(vallumd.pid, 'VmRSS') - before).toBeLessThan(150);
      for (const socket of lazy) socket.destroy();
    });
  });

  it('are HTTP, for curl and the like', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      request({ socketPath: join(state, 'control.sock'), path: '/healthz' }, (incoming) => {
        incoming.setEncoding('utf8').on('data', resolve);
      })
        .on('error', reject)
        .end();
    });
    expect(JSON.parse(answer)).toEqual({ status: 'ok', reasons: [] });
  });
});
