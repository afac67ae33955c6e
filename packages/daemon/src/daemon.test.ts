import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { runDaemon } from './daemon.js';

const good = ['-h', 'broker.invalid', '-t', 'blacklist'];
let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vallumd-'));
});
afterAll(async () => {
  await rm(folder, { recursive: true });
});

/** Of calls that end by themselves: nothing is connected to. */
async function run(args: readonly string[], env: Record<string, string> = {}) {
  let stdout = '';
  let stderr = '';
  const code = await runDaemon(args, {
    env,
    print: (text) => {
      stdout += text;
    },
    errors: {
      write: (text) => {
        stderr += text;
      },
      journal: false,
    },
    onSignal: () => () => undefined,
  });
  return { code, stdout, stderr };
}

async function fileOf(name: string, text: string, mode = 0o640): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, text, { mode });
  return path;
}

describe('runDaemon', () => {
  it.each<[string[], string]>([
    [[], 'no broker is given: -h HOST, --url URL or --listen PORT'],
    [['-h', 'broker'], 'no topic is given: -t TOPIC'],
    [['-t', 'blacklist'], 'no broker is given: -h HOST, --url URL or --listen PORT'],
  ])('shows the usage on stderr where host or topic is missing: %j', async (args, reason) => {
    const { code, stdout, stderr } = await run(args);
    expect({ code, stdout }).toEqual({ code: 64, stdout: '' });
    expect(stderr).toContain(`vallumd: ${reason}\nUsage: vallumd -h HOST`);
    expect(stderr).toMatch(/-t, --topic/);
  });

  it.each<[string[], string]>([
    [[...good, '-x'], 'there is no option "-x"; --help lists them all'],
    [[...good, '--prot=1'], 'there is no option "--prot"; did you mean --port?'],
    [['-h', 'broker', '-t'], '-t needs a value: -t TOPIC[=SET]'],
    [
      ['-h', 'broker', '-t', 'a/#'],
      '-t on the command line is "a/#": a topic prefix has no wildcards # and +: give the prefix alone, what is below it is included',
    ],
    [
      ['-h', 'broker', '-t', 'vallumd/x=s'],
      '-t on the command line is "vallumd/x=s": nodes publish their status on vallumd; name another',
    ],
    [
      ['--listen', 'here', '-t', 'a'],
      '--listen on the command line is "here"; write 1883, 127.0.0.1:1883 or [::1]:1883',
    ],
    [
      [...good, '--node', 'a/b'],
      '--node on the command line is "a/b"; a name has 1 to 64 letters, digits or . _ -',
    ],
    [
      [...good, '--create', '--create-type=bitmap:ip'],
      '--create-type on the command line is bitmap:ip, which needs --create-range, such as 192.0.2.0/24',
    ],
  ])('refuses %j', async (args, reason) => {
    const { code, stderr } = await run(args);
    expect({ code, stderr }).toEqual({ code: 64, stderr: `vallumd: ${reason}\n` });
  });

  it('names the entry of the protect list that is no address', async () => {
    const { code, stderr } = await run([...good, '--protect', '010.0.0.1']);
    expect(code).toBe(64);
    expect(stderr).toMatch(/^vallumd: --protect on the command line holds "010\.0\.0\.1": .+\n$/);
  });
});

describe('the configuration file of vallumd', () => {
  it('is checked on request', async () => {
    const path = await fileOf('good.yaml', 'host: broker.invalid\ntopics: [blacklist, a/b=c]\n');
    const { code, stdout, stderr } = await run(['--config', path, '--check-config']);
    expect({ code, stdout, stderr }).toEqual({
      code: 0,
      stdout: `configuration ${path}: can be used\n`,
      stderr: '',
    });
  });

  it.each<[string, string]>([
    ['host: a\nprot: 1883\n', 'there is no key "prot" in PATH line 2; did you mean port?'],
    ['host: a\nport: x\n', 'port in PATH line 2 is "x"; it must be a whole number from 1 to 65535'],
    ['host: [\n', 'PATH line 2 is no YAML: Flow sequence in block collection must be'],
    [
      'host: a\ntopics: a/+\n',
      'topics in PATH line 2 is "a/+": a topic prefix has no wildcards # and +: give the prefix alone, what is below it is included',
    ],
    ['host: a\n', 'no topic is given: -t TOPIC'],
  ])('is refused with its place: %j', async (text, reason) => {
    const path = await fileOf('bad.yaml', text);
    const { code, stdout, stderr } = await run(['--config', path, '--check-config']);
    expect({ code, stdout }).toEqual({ code: 78, stdout: '' });
    expect(stderr).toContain(`vallumd: ${reason.replace('PATH', path)}`);
  });

  it('keeps vallumd from starting with exit code 78 where it cannot be used', async () => {
    const path = await fileOf('bad.yaml', 'prot: 1\n');
    expect(await run(['--config', path])).toMatchObject({ code: 78 });
    expect(await run([...good, '--config', join(folder, 'none')])).toMatchObject({
      code: 78,
      stderr: `vallumd: the configuration file "${join(folder, 'none')}" (--config on the command line) does not exist\n`,
    });
    expect(await run([...good, '-T', '-c', join(folder, 'ca.pem')])).toMatchObject({
      code: 78,
      stderr: `vallumd: the file "${join(folder, 'ca.pem')}" (-c on the command line) does not exist\n`,
    });
  });

  it('is warned of where everybody can read its password', async () => {
    const text = 'host: a\ntopics: b\nusername: c\npassword: sesame\n';
    const path = await fileOf('open.yaml', text, 0o644);
    const { code, stderr } = await run(['--config', path, '--check-config']);
    expect(code).toBe(0);
    expect(stderr).toContain(`${path} holds a password and every user of this machine can read it`);
    expect(stderr).not.toContain('sesame');
  });
});
