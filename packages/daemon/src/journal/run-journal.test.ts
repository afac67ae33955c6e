import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { VallumError } from '@vallum/core';
import { temporaryFolder } from '@vallum/test-kit';
import { runJournal, type JournalDeps } from './run-journal.js';

interface World {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly deps?: Partial<JournalDeps>;
}

async function run({ argv = [], env = {}, deps = {} }: World) {
  let stdout = '';
  let stderr = '';
  const code = await runJournal(
    argv,
    {
      env: { VALLUMD_CONFIG: '/dev/null', ...env },
      print: (text) => void (stdout += text),
      errors: { write: (text) => void (stderr += text), journal: false },
    },
    {
      describe: async function* (folder) {
        yield `the journal in ${folder}\n`;
      },
      write: async (text) => {
        stdout += text;
        return true;
      },
      ...deps,
    },
  );
  return { code, stdout, stderr };
}

function failing(error: unknown): Partial<JournalDeps> {
  return {
    // eslint-disable-next-line require-yield -- fails before there is a line
    describe: async function* () {
      throw error;
    },
  };
}

describe('vallumd journal', () => {
  it.each<[World, string]>([
    [{ argv: ['--state-dir', '/s'] }, '/s'],
    [{ env: { VALLUM_STATE_DIR: '/e' } }, '/e'],
    [{ env: { STATE_DIRECTORY: '/d:/other' } }, '/d'],
    [{}, '/var/lib/vallum'],
    [{ argv: ['--state-dir', '/s', '-h', 'x', '-t', 'a', '--backend', 'memory'] }, '/s'],
  ])('reads the folder that vallumd would: %j', async (world, folder) => {
    expect(await run(world)).toEqual({ code: 0, stdout: `the journal in ${folder}\n`, stderr: '' });
  });

  it('takes the folder from the configuration file, whatever else is in it', async () => {
    const path = join(temporaryFolder(), 'vallumd.yaml');
    writeFileSync(path, 'host: x\ntopics: [a]\nstate-dir: /kept\n');
    expect((await run({ argv: ['--config', path] })).stdout).toBe('the journal in /kept\n');
  });

  it.each([
    ['ENOENT', 66, 'there is no journal in /s (--state-dir names another)'],
    ['EACCES', 77, "no; run it as root or as vallumd's user"],
    ['EIO', 69, 'no'],
  ])('%s ends it with code %d', async (code, exitCode, sentence) => {
    const cause = Object.assign(new Error('cause'), { code });
    const error = new VallumError('no', { code: 'STORE_FAILED', operation: 'read', cause });
    const ended = await run({ argv: ['--state-dir', '/s'], deps: failing(error) });
    expect(ended).toEqual({
      code: exitCode,
      stdout: '',
      stderr: `vallumd journal: ${sentence}\n`,
    });
  });

  it('says where nothing is kept by choice', async () => {
    expect(await run({ argv: ['--backend', 'memory'] })).toEqual({
      ...{ code: 66, stdout: '' },
      stderr:
        'vallumd journal: with --backend memory nothing is kept; --state-dir names a folder\n',
    });
  });

  it('does not hide a fault of its own', async () => {
    await expect(run({ deps: failing(new TypeError('x is undefined')) })).rejects.toThrow('x is');
  });

  it('stops reading where nobody listens any more', async () => {
    let made = 0;
    const sizes: number[] = [];
    const endless: JournalDeps['describe'] = async function* () {
      for (;;) {
        made += 1;
        yield 'x'.repeat(100);
      }
    };
    const { code } = await run({
      deps: {
        describe: endless,
        write: async (text) => {
          sizes.push(text.length);
          return sizes.length < 3;
        },
      },
    });
    expect([code, sizes, made]).toEqual([0, [100, 100, 100], 3]);
  });

  it('names its option in its help', async () => {
    const { code, stdout } = await run({ argv: ['--help'] });
    expect(code).toBe(0);
    expect(stdout).toContain('--state-dir');
    expect(stdout).not.toContain('--min-prefix');
  });
});
