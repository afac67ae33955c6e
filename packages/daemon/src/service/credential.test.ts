import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { temporaryFolder } from '@vallum/test-kit';
import { loadOptions } from '@vallum/options';
import { daemonOptions } from '../options.js';
import { withCredential } from './credential.js';

async function passwordFile(argv: readonly string[], credential: string | undefined) {
  const folder = temporaryFolder();
  if (credential !== undefined) writeFileSync(join(folder, 'mqtt-password'), credential);
  const loaded = await loadOptions(daemonOptions, {
    argv: ['-t', 'a', ...argv],
    env: {},
    defaultConfigPath: join(folder, 'none'),
  });
  if (!loaded.ok) throw new Error(loaded.detail);
  const values = withCredential(loaded.value.values, { CREDENTIALS_DIRECTORY: folder });
  return values['password-file']?.replace(folder, 'FOLDER');
}

describe('the password that systemd hands over', () => {
  it.each([[['-h', 'x', '-u', 'fw1']], [['--url', 'mqtts://fw1@x']]])(
    'is taken with %j',
    async (argv) => {
      expect(await passwordFile(argv, 'secret\n')).toBe('FOLDER/mqtt-password');
    },
  );

  it.each([
    ['nobody has a name', ['-h', 'x'], 'secret'],
    ['a password is given', ['-h', 'x', '-u', 'fw1', '-P', 'other'], 'secret'],
    ['the URL has one', ['--url', 'mqtt://fw1:other@x'], 'secret'],
    ['it is empty, as the unit makes it where there is none', ['-h', 'x', '-u', 'fw1'], '\n'],
    ['it is not there', ['-h', 'x', '-u', 'fw1'], undefined],
  ])('is left where %s', async (_why, argv, credential) => {
    expect(await passwordFile(argv, credential)).toBeUndefined();
  });

  it('does not take the place of a file that was named', async () => {
    expect(await passwordFile(['-h', 'x', '-u', 'a', '--password-file', '/p'], 'secret')).toBe(
      '/p',
    );
  });
});
