import { execFileSync, spawn } from 'node:child_process';
import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, beforeEach, expect, it } from '@jest/globals';
import {
  startMosquitto,
  suiteNeeding,
  temporaryFolder,
  type Mosquitto,
  type RunningProcess,
} from '@vallum/test-kit';
import { startVallumPub, subscribe, vallumPub } from './vallum-pub.js';

suiteNeeding(['mosquitto', 'mosquitto-clients'], 'vallum-pub and what never ends', () => {
  let broker: Mosquitto;
  let heard: RunningProcess;
  let to: string[];
  let fifo: string;

  beforeAll(async () => {
    broker = await startMosquitto();
    heard = await subscribe(broker, '%t %p');
    to = ['--set', 'x', '-p', broker.port.toString()];
  }, 30_000);
  beforeEach(() => {
    heard.clearOutput();
    fifo = join(temporaryFolder(), 'fifo');
    execFileSync('mkfifo', [fifo]);
  });

  /** Of `sync` only. */
  const stateOf = (args: readonly string[]) =>
    args[0] === 'sync' ? ['--state-dir', temporaryFolder()] : [];

  /** Writes the same line into the FIFO until its reader has gone. */
  function flood(line: string): void {
    spawn('sh', ['-c', 'exec yes "$1" >"$2"', 'sh', line, fifo], { stdio: 'ignore' });
  }

  it.each([
    ['a password', ['add', '192.0.2.7', '-u', 'u', '--password-file']],
    ['a list', ['add', '--file']],
    ['a list that is only shown', ['add', '--dry-run', '--file']],
    ['a list to be in step with', ['sync', '--origin', 'a', '--file']],
  ])(
    'ends at a signal while nobody gives it %s',
    async (_what, args) => {
      for (const [signal, code] of [
        ['SIGINT', 130],
        ['SIGTERM', 143],
      ] as const) {
        const running = await startVallumPub([
          ...args,
          fifo,
          ...to,
          '--wait',
          '1h',
          ...stateOf(args),
        ]);
        await new Promise((resolve) => setTimeout(resolve, 700));
        running.signal(signal);
        expect((await running.exited).code).toBe(code);
        expect(running.stderr()).toContain('vallum-pub: interrupted\n');
      }
    },
    30_000,
  );

  it.each([
    ['why', ['why', '192.0.2.7', '--set', 'x']],
    ['sync', ['sync', '--set', 'x', '--origin', 'a', '--file', '/dev/null']],
    ['protect list', ['protect', 'list']],
    ['flush', ['flush']],
  ])(
    '%s ends at a signal while nobody gives it a password',
    async (_what, args) => {
      const password = ['-u', 'u', '--password-file', fifo, '--wait', '1h'];
      const running = await startVallumPub([...args, ...password, '--json']);
      await new Promise((resolve) => setTimeout(resolve, 700));
      running.signal('SIGINT');
      const { code, stdout } = await running.exited;
      expect(code).toBe(130);
      expect(JSON.parse(stdout)).toMatchObject({
        result: 'interrupted',
        messages: ['interrupted'],
      });
    },
    20_000,
  );

  it('waits for a password no longer than --wait, and connects to nobody without', async () => {
    const args = ['add', '192.0.2.7', ...to, '-u', 'u', '--password-file', fifo, '--wait', '1s'];
    const result = await vallumPub(args);
    expect(result).toMatchObject({ code: 78, stdout: '' });
    expect(result.stderr).toContain('gave no line within 1s');
    expect(heard.stdout()).toBe('');
  }, 20_000);

  it('takes a password from a FIFO, as the shell makes one for <(pass show broker)', async () => {
    const args = ['add', '192.0.2.7', ...to, '-u', 'u', '--password-file', fifo];
    const running = await startVallumPub(args);
    await appendFile(fifo, 'secret\n');
    expect((await running.exited).code).toBe(0);
  }, 20_000);

  it('sends what a list holds that does not end, and says at a signal what was confirmed', async () => {
    flood('192.0.2.7');
    const running = await startVallumPub(['add', '--file', fifo, ...to]);
    await heard.waitForOutput(/^x\/add 192\.0\.2\.7$/m);
    running.signal('SIGTERM');
    expect(await running.exited).toMatchObject({
      code: 143,
      stderr: expect.stringContaining('confirmed: 1 ban\n'),
    });
  }, 20_000);

  it('ends at a signal while a list floods it with nonsense', async () => {
    flood('nonsense');
    const running = await startVallumPub(['add', '--file', fifo, ...to]);
    await running.waitForOutput(/nonsense/);
    running.signal('SIGINT');
    expect((await running.exited).code).toBe(130);
  }, 20_000);

  it('refuses a list whose line does not end', async () => {
    const result = await vallumPub(['add', '--file', '/dev/zero', ...to]);
    expect(result).toMatchObject({ code: 66, stdout: '' });
    expect(result.stderr).toContain('no list of addresses');
  }, 20_000);
});
