import { readdirSync, realpathSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { runProcess } from '@vallum/test-kit';
import { packageVersion, prepared } from './prepared.js';

describe('the npm packages, packed and installed in a clean folder', () => {
  const run = (command: string, ...args: string[]) =>
    runProcess(join(prepared('npm'), 'node_modules/.bin', command), args);

  it('are all four there, and not links into the clone', () => {
    const scope = join(prepared('npm'), 'node_modules/@vallum');
    expect(readdirSync(scope).sort()).toEqual(['core', 'daemon', 'fail2ban-action', 'publish-cli']);
    for (const name of readdirSync(scope)) {
      expect(realpathSync(join(scope, name))).toBe(join(realpathSync(scope), name));
    }
  });

  it('run their commands', async () => {
    expect(await run('vallumd', '-V')).toMatchObject({
      code: 0,
      stdout: `vallumd-${packageVersion}\n`,
    });
    const help = await run('vallumd', '--help');
    expect([help.code, help.stdout.slice(0, 15)]).toEqual([0, 'Usage: vallumd ']);
    const dry = await run('vallum-pub', 'add', '192.0.2.7', '--set', 'a', '--dry-run');
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringContaining('192.0.2.7')]);
    const action = await run('vallum-fail2ban-action');
    expect([action.code, action.stdout]).toEqual([0, expect.stringContaining('actionban = ')]);
  });

  it('let a program import core and its parts', async () => {
    const code = `
      const { createVallum, createMemoryBackend } = await import('@vallum/core');
      await import('@vallum/core/mqtt');
      const vallum = await createVallum({ topics: ['a'], backend: createMemoryBackend(), create: {} });
      const [report] = await vallum.ban('192.0.2.7');
      console.log(report.outcome);
      await vallum.close();`;
    const { stdout, stderr } = await runProcess(
      process.execPath,
      ['--input-type=module', '-e', code],
      { cwd: prepared('npm') },
    );
    expect([stdout, stderr]).toEqual(['banned\n', '']);
  });
});
