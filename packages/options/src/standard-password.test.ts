import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { connectionOptions } from './connection-options.js';
import { loadOptions } from './load-options.js';

const made: string[] = [];
afterAll(() => {
  for (const folder of made) rmSync(folder, { recursive: true });
});

async function passwordFile(
  argv: readonly string[],
  { credential, standard }: { credential?: string; standard?: string },
) {
  const folder = mkdtempSync(join(tmpdir(), 'vallum-options-'));
  made.push(folder);
  if (credential !== undefined) writeFileSync(join(folder, 'mqtt-password'), credential);
  if (standard !== undefined) writeFileSync(join(folder, 'standard'), standard, { mode: 0o600 });
  const loaded = await loadOptions(connectionOptions, {
    ...{ argv, env: { CREDENTIALS_DIRECTORY: folder } },
    defaultConfigPath: join(folder, 'none'),
    standardPasswordFile: join(folder, 'standard'),
  });
  if (!loaded.ok) throw new Error(loaded.detail);
  const { values, foundPassword, warnings } = loaded.value;
  const shown = values['password-file']?.replace(folder, 'FOLDER');
  return { shown, found: foundPassword?.replace(folder, 'FOLDER'), warnings };
}

describe('the password that nobody names', () => {
  it.each([[['-h', 'x', '-u', 'fw1']], [['--url', 'mqtts://fw1@x']]])(
    'is the one that systemd hands over, with %j',
    async (argv) => {
      const both = { credential: 'secret\n', standard: 'secret\n' };
      const path = 'FOLDER/mqtt-password';
      expect(await passwordFile(argv, both)).toMatchObject({ shown: path, found: path });
    },
  );

  it.each([undefined, '\n'])(
    'is that of the standard file, beside the credential %j',
    async (credential) => {
      const given = { standard: 'secret\n', ...(credential === undefined ? {} : { credential }) };
      const path = 'FOLDER/standard';
      expect(await passwordFile(['-h', 'x', '-u', 'fw1'], given)).toEqual({
        ...{ shown: path, found: path, warnings: [] },
      });
    },
  );

  it.each([
    ['nobody has a name', ['-h', 'x'], 'secret'],
    ['a password is given', ['-h', 'x', '-u', 'fw1', '-P', 'other'], 'secret'],
    ['the URL has one', ['--url', 'mqtt://fw1:other@x'], 'secret'],
    ['it is empty', ['-h', 'x', '-u', 'fw1'], '\n'],
  ])('is left where %s', async (_why, argv, text) => {
    const { shown } = await passwordFile(argv, { credential: text, standard: text });
    expect(shown).toBeUndefined();
  });

  it('does not take the place of a file that was named', async () => {
    const argv = ['-h', 'x', '-u', 'a', '--password-file', '/p'];
    const both = { credential: 'secret', standard: 'secret' };
    expect(await passwordFile(argv, both)).toMatchObject({ shown: '/p', found: undefined });
  });
});
