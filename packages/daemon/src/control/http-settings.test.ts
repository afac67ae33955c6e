import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { loadOptions } from '@vallum/options';
import { temporaryFolder } from '@vallum/test-kit';
import { daemonOptions } from '../options.js';
import { readSettings } from '../settings.js';
import { TokenFile } from './token-file.js';

const TOKEN = '0123456789abcdef';

function fileOf(text: string): string {
  const path = join(temporaryFolder(), 'file');
  writeFileSync(path, text, { mode: 0o600 });
  return path;
}

async function read(...more: readonly string[]) {
  const loaded = await loadOptions(daemonOptions, {
    argv: ['-h', 'broker', '-t', 'blacklist', ...more],
    ...{ env: {}, defaultConfigPath: '/no/such/file' },
  });
  if (!loaded.ok) return loaded.detail;
  const settings = readSettings(loaded.value.values, loaded.value.places, {});
  return settings.ok ? settings.value : settings.detail;
}

describe('--http', () => {
  it('is off unless it is given, and on loopback unless a host is', async () => {
    expect(await read()).toMatchObject({ http: undefined });
    expect(await read('--http', '9479')).toMatchObject({
      ...{ http: { address: { host: '127.0.0.1', port: 9479 } }, warnings: [] },
    });
  });

  it.each<[string[], RegExp]>([
    [
      ['--http', '0.0.0.0:9479'],
      /which other machines reach: --http-token-file or --http-client-ca/,
    ],
    [['--http', '[::]:9479'], /which other machines reach/],
    [['--http', 'fw1.example:9479'], /which other machines reach/],
    [['--http', 'port'], /write 9479, 127\.0\.0\.1:9479/],
    [['--http', '9479', '--http-cert', '/c'], /needs the key of the certificate: --http-key/],
    [['--http', '9479', '--http-key', '/k'], /needs the certificate of the key: --http-cert/],
    [['--http', '9479', '--http-client-ca', '/ca'], /needs TLS: --http-cert and --http-key/],
    [['--http-token-file', '/t'], /belongs to --http, which is not given/],
    [['--http', '9479', '--http-token-file', '/no/file'], /cannot read the file .*: ENOENT/],
    [['--http', '9479', '--http-token-file', fileOf('short\n')], /is no token: it has to have 16/],
    [['--http', '9479', '--http-token-file', fileOf('with blanks in between\n')], /is no token/],
    [['--http', '9479', '--http-token-file', fileOf('')], /is no token/],
  ])('refuses %j', async (words, said) => {
    expect(await read(...words)).toMatch(said);
  });

  it('warns of a token that can be read on the way', async () => {
    const settings = await read('--http', '0.0.0.0:9479', '--http-token-file', fileOf(TOKEN));
    expect(settings).toMatchObject({ warnings: [expect.stringMatching(/without TLS: the token/)] });
  });
});

describe('the token', () => {
  it('is another one once its file is, and the old one while the new cannot be used', () => {
    const path = fileOf(`${TOKEN}\nnote\n`);
    const said: string[] = [];
    const token = new TokenFile(path, (sentence) => said.push(sentence));
    expect([token.isRight(TOKEN), token.isRight(`${TOKEN}x`), token.isRight('')]).toEqual([
      ...[true, false, false],
    ]);
    writeFileSync(path, 'short');
    expect(token.isRight(TOKEN)).toBe(true);
    expect(said).toEqual([expect.stringMatching(/the token from before stays in use$/)]);
    writeFileSync(path, 'another-token-of-24-signs');
    expect([token.isRight(TOKEN), token.isRight('another-token-of-24-signs')]).toEqual([
      false,
      true,
    ]);
    expect(said.join('')).not.toContain('short\n');
  });
});
