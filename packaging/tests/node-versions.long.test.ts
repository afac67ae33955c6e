import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from '@jest/globals';
import {
  freePort,
  mustRun,
  runProcess,
  startProcess,
  suiteNeeding,
  temporaryFolder,
  type RunningProcess,
} from '@vallum/test-kit';
import { nodeVersions } from '../prepare/node-versions.mjs';
import { packageVersion, prepared } from './prepared.js';

/** Nothing of this machine's own configuration or state takes part. */
const environment = {
  ...{ VALLUMD_CONFIG: undefined, VALLUM_PUB_CONFIG: undefined },
  // Also where the cache of compiled code goes, which is of one version.
  STATE_DIRECTORY: '/dev/null/none',
};

const packages = () => join(prepared('node-versions'), 'packages');

describe.each(nodeVersions)('the npm packages on Node.js %s', (version) => {
  let node: string;

  beforeAll(() => {
    node = readFileSync(join(prepared('node-versions'), `node-${version}`), 'utf8');
  });

  const bin = (command: string) => join(packages(), 'node_modules/.bin', command);
  const run = (command: string, ...args: string[]) =>
    runProcess(node, [bin(command), ...args], {
      env: { ...environment, XDG_CACHE_HOME: temporaryFolder() },
    });
  const runModule = (code: string) =>
    runProcess(node, ['--input-type=module', '-e', code], { cwd: packages() });

  async function startVallumd(
    port: number,
    state: string,
    backend: string,
  ): Promise<RunningProcess> {
    const vallumd = await startProcess(
      node,
      [
        ...[bin('vallumd'), '--listen', `127.0.0.1:${String(port)}`, '-t', 'blacklist'],
        ...['--backend', backend, '--create', '--state-dir', state],
      ],
      { env: environment },
    );
    await vallumd.waitForOutput(/listening to blacklist/);
    return vallumd;
  }

  const publish = (port: number, ...args: string[]) =>
    run('vallum-pub', ...args, '--set', 'blacklist', '-h', '127.0.0.1', '-p', String(port));

  it('are run by that version', async () => {
    const { stdout } = await runProcess(node, ['--version']);
    expect(stdout.trim()).toMatch(new RegExp(`^v${version.replaceAll('.', '\\.')}(\\.|$)`));
  });

  it('have commands that start, without a warning', async () => {
    const said = async (...words: [string, ...string[]]) => {
      const { code, stdout, stderr } = await run(...words);
      return [code, stdout, stderr];
    };
    expect(await said('vallumd', '-V')).toEqual([0, `vallumd-${packageVersion}\n`, '']);
    expect(await said('vallum-pub', '-V')).toEqual([0, `vallum-pub-${packageVersion}\n`, '']);
    expect(await said('vallum-fail2ban-action')).toEqual([
      ...[0, expect.stringContaining('actionban = '), ''],
    ]);
    for (const command of ['vallumd', 'vallum-pub']) {
      expect(await said(command, '--help')).toEqual([
        ...[0, expect.stringMatching(new RegExp(`\\b${command} .*\\n`)), ''],
      ]);
    }
  });

  it('can be imported by every door, without a warning', async () => {
    const scope = join(packages(), 'node_modules/@vallum');
    const doors = readdirSync(scope).flatMap((name) => {
      const { exports } = JSON.parse(readFileSync(join(scope, name, 'package.json'), 'utf8')) as {
        exports: Record<string, unknown>;
      };
      return Object.keys(exports)
        .filter((door) => !door.endsWith('.json'))
        .map((door) => `@vallum/${join(name, door)}`);
    });
    const imports = doors.map(
      (door) => `if (Object.keys(await import('${door}')).length > 0) n++;`,
    );
    const { stdout, stderr } = await runModule(`let n = 0; ${imports.join(' ')} console.log(n);`);
    expect([stdout.trim(), stderr]).toEqual([String(doors.length), '']);
    expect(doors.length).toBeGreaterThanOrEqual(9);
  });

  it('ban from a program, and enforce in it', async () => {
    const { stdout, stderr } = await runModule(`
      import { createMemoryBackend, createVallum, openFileStore } from '@vallum/core';
      const vallum = await createVallum({
        topics: ['blacklist'],
        backend: createMemoryBackend(),
        create: { defaultTimeoutSeconds: 0 },
        store: await openFileStore(${JSON.stringify(join(temporaryFolder(), 'state'))}),
      });
      const reports = await vallum.ban(['203.0.113.7', '2001:db8::/64', '127.0.0.1', 'nobody']);
      console.log(...reports.map(({ outcome }) => outcome));
      await vallum.close();`);
    expect([stdout, stderr]).toEqual(['banned banned refused rejected\n', '']);
  });

  it('spread a ban through the built-in broker, and keep it over a restart', async () => {
    const port = await freePort();
    const state = join(temporaryFolder(), 'state');
    const first = await startVallumd(port, state, 'memory');
    const sent = await publish(port, 'add', '203.0.113.7', '--timeout', '1h', '--reason', 'scan');
    expect(sent).toMatchObject({ code: 0, stderr: '' });
    await first.waitForOutput(/banned 203\.0\.113\.7 in blacklist until .*scan/);
    expect(await first.kill()).toMatchObject({ code: 0, signal: null });
    expect(first.output()).not.toMatch(/ExperimentalWarning|DeprecationWarning/);

    const kept = await run('vallumd', 'journal', '--state-dir', state);
    expect(kept).toMatchObject({ code: 0, stdout: expect.stringContaining('203.0.113.7') });
    const second = await startVallumd(port, state, 'memory');
    expect(await publish(port, 'del', '203.0.113.7')).toMatchObject({ code: 0 });
    await second.waitForOutput(/unbanned 203\.0\.113\.7 in blacklist/);
    expect(await second.kill()).toMatchObject({ code: 0 });
  });

  suiteNeeding(['ipset', 'nft'], 'in real kernel sets', () => {
    it.each([
      ['ipset', ['ipset', 'test', 'blacklist', '203.0.113.7']],
      ['nftables', ['nft', 'get', 'element', 'inet', 'vallum', 'blacklist', '{ 203.0.113.7 }']],
    ] as const)('ban and unban over netlink, with %s', async (backend, [tool, ...look]) => {
      const port = await freePort();
      const vallumd = await startVallumd(port, join(temporaryFolder(), 'state'), backend);
      // koffi loads: where it did not, the programs would serve, and the log would say so.
      expect(vallumd.output()).not.toMatch(/koffi|netlink cannot/);
      await publish(port, 'add', '203.0.113.7');
      await vallumd.waitForOutput(/banned 203\.0\.113\.7 in blacklist/);
      await mustRun(tool, look);
      await publish(port, 'del', '203.0.113.7');
      await vallumd.waitForOutput(/unbanned 203\.0\.113\.7 in blacklist/);
      expect((await runProcess(tool, look)).code).not.toBe(0);
      expect(await vallumd.kill()).toMatchObject({ code: 0 });
      await mustRun('sh', ['-c', 'ipset destroy; nft flush ruleset']);
    });
  });
});
