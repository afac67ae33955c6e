import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { temporaryFolder } from '@vallum/test-kit';
import { describe, expect, it } from '@jest/globals';
import { generateAction } from './generate-action.js';
import { runGenerator } from './run-generator.js';

async function run(...argv: string[]) {
  let stdout = '';
  let stderr = '';
  const code = await runGenerator(argv, {
    stdout: { write: (text) => (stdout += text) },
    stderr: { write: (text) => (stderr += text) },
  });
  return { code, stdout, stderr };
}

describe('vallum-fail2ban-action', () => {
  it('prints the action, with --print and without', async () => {
    const expected = { code: 0, stdout: generateAction(), stderr: '' };
    expect(await run()).toEqual(expected);
    expect(await run('--print')).toEqual(expected);
  });

  it('writes the action to a file', async () => {
    const file = join(temporaryFolder(), 'vallumd.conf');
    expect(await run('--output', file, '--set', 'attackers')).toMatchObject({
      code: 0,
      stdout: '',
    });
    expect(await readFile(file, 'utf8')).toBe(generateAction({ set: 'attackers' }));
  });

  it('ends with 64 and says what is wrong for values and options that cannot be', async () => {
    expect(await run('--set', 'a"b')).toMatchObject({ code: 64, stdout: '' });
    const unknown = await run('--sett', 'a');
    expect(unknown).toMatchObject({ code: 64, stdout: '' });
    expect(unknown.stderr).toContain('sett');
  });

  it('ends with 73 where the file cannot be written', async () => {
    const file = join(temporaryFolder(), 'missing', 'vallumd.conf');
    const result = await run('--output', file);
    expect(result.code).toBe(73);
    expect(result.stderr).toContain(file);
  });

  it('explains itself', async () => {
    const { code, stdout } = await run('--help');
    expect(code).toBe(0);
    expect(stdout).toContain('--output');
  });
});
