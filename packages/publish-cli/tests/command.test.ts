import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@vallum/test-kit';
import { exitCodeMeanings } from '../src/exit-codes.js';
import { vallumPub } from './vallum-pub.js';

describe('vallum-pub', () => {
  it('shows with --dry-run what it would send, escaped, and connects to nobody', async () => {
    const result = await vallumPub(
      [
        'add',
        '192.0.2.7',
        '2001:DB8::7',
        '--set',
        'blacklist',
        '--until',
        '4000000000',
        '--dry-run',
      ],
      { env: { VALLUM_HOST: 'nowhere.invalid' } },
    );
    expect(result).toMatchObject({ code: 0, stderr: '' });
    const [, stamp = ''] = / at (\d{13})/.exec(result.stdout) ?? [];
    expect(Math.abs(Number(stamp) - Date.now())).toBeLessThan(60_000);
    expect(result.stdout).toBe(
      `blacklist/add 192.0.2.7 until 4000000000 at ${stamp}\\n2001:db8::7 until 4000000000 at ${stamp}\n`,
    );
  });

  it('prints with --dry-run --json a message a line, and the result', async () => {
    const args = ['add', '192.0.2.7', '--set', 'blacklist', '--dry-run', '--json'];
    const { code, stdout } = await vallumPub(args);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
      { topic: 'blacklist/add', payload: '192.0.2.7' },
      expect.objectContaining({ result: 'ok', topic: 'blacklist/add' }),
    ]);
  });

  it.each([
    ['usage', ['add', '192.0.2.7']],
    ['config', ['add', '::1', '--set', 'a', '--config', '/no']],
    ['no-input', ['add', '--set', 'a', '--file', '/nowhere/list']],
  ])('says %s with --json too', async (expected, args) => {
    const { stdout, stderr } = await vallumPub([...args, '--json']);
    const { result, messages } = JSON.parse(stdout) as { result: string; messages: string[] };
    expect(result).toBe(expected);
    expect(stderr).toBe(messages.map((line) => `vallum-pub: ${line}\n`).join(''));
    expect(messages).toHaveLength(1);
  });

  it('prints its version', async () => {
    const { stdout } = await vallumPub(['-V']);
    expect(stdout).toMatch(/^vallum-pub-\d+\.\d+\.\d+\n$/);
  });

  it('explains options and exit codes with --help', async () => {
    const { code, stdout } = await vallumPub(['--help']);
    expect(code).toBe(0);
    for (const name of ['--set', '--password-file', '--dry-run']) expect(stdout).toContain(name);
    for (const [exit] of exitCodeMeanings) expect(stdout).toContain(exit.toString());
  });

  it.each([
    ['64 for a wrong command line', 64, ['add', '192.0.2.7']],
    ['66 for a list that is not there', 66, ['add', '--set', 'a', '--file', '/nowhere/list']],
    ['66 for a list that is a directory', 66, ['add', '--set', 'a', '--file', '/']],
    [
      '78 for a configuration that is not there',
      78,
      ['add', '::1', '--set', 'a', '--config', '/no'],
    ],
    ['65 where no address is one', 65, ['add', 'localhost', '--set', 'a']],
  ])('ends with %s, before it connects', async (_what, code, args) => {
    const result = await vallumPub(args, { env: { VALLUM_PORT: '1', VALLUM_WAIT: '1s' } });
    expect(result).toMatchObject({ code, stdout: '' });
    expect(result.stderr).toMatch(/^vallum-pub: .+\n$/);
  });

  describe.each([
    ['vallum-pub', ['add', '192.0.2.7', '--set', 'a']],
    ['vallum-pub import', ['import', 'fail2ban', '--set', 'a']],
    ['vallum-pub protect', ['protect', 'add', '192.0.2.7']],
    ['vallum-pub protect', ['protect', 'list']],
    ['vallum-pub sync', ['sync', '--set', 'a', '--origin', 'b', '--file', '/dev/null']],
    ['vallum-pub why', ['why', '192.0.2.7', '--set', 'a']],
    ['vallum-pub flush', ['flush']],
    ['vallum-pub spool', ['spool']],
  ])('%s (%j)', (program, args) => {
    it('ends with 64 for a slip, and names the help that it has', async () => {
      const { code, stdout, stderr } = await vallumPub([...args, '--nonsense']);
      expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
      expect(stderr).toMatch(new RegExp(`^vallum-pub: .*--nonsense.* \\(${program} --help\\)\\n$`));
      const [, ...words] = program.split(' ');
      const help = await vallumPub([...words, '--help']);
      expect(help).toMatchObject({ code: 0, stdout: expect.stringContaining(`${program} `) });
    }, 20_000);

    it('ends with 78 for a configuration that is not there', async () => {
      const result = await vallumPub([...args, '--config', '/nowhere/file', '--json']);
      expect(result).toMatchObject({
        code: 78,
        stderr:
          'vallum-pub: the configuration file "/nowhere/file" (--config on the command line) does not exist\n',
      });
      expect(JSON.parse(result.stdout)).toMatchObject({
        result: 'config',
        messages: [expect.stringContaining('/nowhere/file')],
      });
    });
  });

  it.each([
    ['add', ['add', '192.0.2.7', '--set', 'a', '--url']],
    ['why', ['why', '192.0.2.7', '--set', 'a', '--url']],
    ['del --all', ['del', '--all', '--origin', 'b', '--set', 'a', '--url']],
    ['sync', ['sync', '--set', 'a', '--origin', 'b', '--broker-url']],
    ['sync --dry-run', ['sync', '--dry-run', '--set', 'a', '--origin', 'b', '--broker-url']],
    ['protect list', ['protect', 'list', '--url']],
  ])('%s ends with 64 for the URL of something else than a broker', async (_what, args) => {
    const more = args[0] === 'sync' ? ['--file', '-', '--state-dir', temporaryFolder()] : [];
    const [url, input] = ['http://192.0.2.1', '192.0.2.7'];
    const result = await vallumPub([...args, url, ...more], { input });
    expect(result).toMatchObject({ code: 64, stdout: '' });
    expect(result.stderr).toMatch(/^vallum-pub: the broker URL begins with "http:".*\n$/);
  });

  it('ends with 78 for a configuration that is wrong, and says where', async () => {
    const config = join(temporaryFolder(), 'vallum-pub.yaml');
    await writeFile(config, 'host: localhost\nprot: 1883\n');
    const result = await vallumPub(['add', '192.0.2.7', '--set', 'a', '--config', config]);
    expect(result.code).toBe(78);
    expect(result.stderr).toContain('line 2');
  });

  it('has nothing to do for an empty list, and says so', async () => {
    const result = await vallumPub(['add', '-f', '-', '--set', 'a'], { input: '# none today\n' });
    expect(result).toMatchObject({ code: 0, stdout: 'nothing to send to a/add\n' });
  });
});
