import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, it, expect } from '@jest/globals';
import { connectionOptions } from './connection-options.js';
import { loadOptions } from './load-options.js';
import { toMqttOptions } from './mqtt-options.js';
import { defineOption } from './option.js';

const table = [
  ...connectionOptions,
  defineOption({
    name: 'config',
    type: 'file',
    env: 'VALLUMD_CONFIG',
    description: 'x',
    group: 'General',
  }),
] as const;

let folder: string;
const inFolder = (name: string) => join(folder, name);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'vallum-options-'));
});
afterEach(async () => {
  await rm(folder, { recursive: true });
});

async function load(argv: readonly string[], env: Record<string, string> = {}) {
  return loadOptions(table, { argv, env, defaultConfigPath: inFolder('default.yaml') });
}

async function connect(...argv: string[]) {
  const loaded = await load(argv);
  if (!loaded.ok) throw new Error(loaded.detail);
  return toMqttOptions(loaded.value.values, loaded.value.places);
}

describe('loadOptions', () => {
  it('does without the default file where there is none', async () => {
    expect(await load(['-h', 'a'])).toMatchObject({ ok: true, value: { warnings: [] } });
  });

  it('reads the default file where there is one', async () => {
    await writeFile(inFolder('default.yaml'), 'host: b\n');
    expect(await load([])).toMatchObject({
      ok: true,
      value: { values: { host: 'b' }, configPath: inFolder('default.yaml') },
    });
  });

  it('reads the file that is named in the place of the default one', async () => {
    await writeFile(inFolder('default.yaml'), 'host: b\n');
    await writeFile(inFolder('other.yaml'), 'host: c\n');
    expect(await load([], { VALLUMD_CONFIG: inFolder('other.yaml') })).toMatchObject({
      value: { values: { host: 'c' } },
    });
  });

  it('refuses a named file that is not there', async () => {
    expect(await load(['--config', inFolder('none.yaml')])).toEqual({
      ok: false,
      reason: 'unreadable-file',
      detail: `the configuration file "${inFolder('none.yaml')}" (--config on the command line) does not exist`,
    });
  });

  it('warns of a file with a password that everybody can read', async () => {
    await writeFile(inFolder('default.yaml'), 'password: x\nusername: u\n', { mode: 0o644 });
    expect(await load([])).toMatchObject({
      value: {
        warnings: [
          `${inFolder('default.yaml')} holds a password and every user of this machine can read it: chmod o-rwx ${inFolder('default.yaml')}`,
        ],
      },
    });
  });

  it('is content with a password that only owner and group can read', async () => {
    await writeFile(inFolder('default.yaml'), 'password: x\n', { mode: 0o640 });
    expect(await load([])).toMatchObject({ value: { warnings: [] } });
  });

  it('warns of a password file that everybody can read', async () => {
    await writeFile(inFolder('pw'), 'x\n', { mode: 0o644 });
    expect(await load(['--password-file', inFolder('pw')])).toMatchObject({
      value: {
        warnings: [
          `every user of this machine can read the --password-file: chmod o-rwx ${inFolder('pw')}`,
        ],
      },
    });
  });
});

describe('toMqttOptions', () => {
  it('passes on what was given, and nothing else', async () => {
    expect(await connect('-h', 'b', '-p', '2000', '-u', 'u', '-P', 'p', '-T')).toEqual({
      ok: true,
      value: {
        host: 'b',
        port: 2000,
        username: 'u',
        password: 'p',
        tls: true,
        keepaliveSeconds: 60,
      },
    });
  });

  it.each([
    ['tls: true', [], {}, 8883],
    ['tls: true\nport: 1884', [], {}, 1884],
    ['tls: false', [], {}, 1883],
    ['', [], { VALLUM_TLS: 'true' }, 8883],
    ['ca-file: CA', [], {}, 8883],
    ['', ['-T'], {}, 1883],
    ['', ['-c', 'CA'], {}, 1883],
    ['tls: true', ['-c', 'CA'], {}, 1883],
    ['', [], {}, 1883],
  ])('takes of %j, %j and %j the port %d', async (yaml, argv, env, port) => {
    await writeFile(inFolder('ca.pem'), '');
    const real = (text: string) => text.replace('CA', inFolder('ca.pem'));
    await writeFile(inFolder('default.yaml'), `host: b\n${real(yaml)}\n`);
    const loaded = await load(argv.map(real), env);
    if (!loaded.ok) throw new Error(loaded.detail);
    const { values, places } = loaded.value;
    expect(toMqttOptions(values, places)).toMatchObject({ value: { host: 'b', port } });
  });

  it('leaves the port to a URL', async () => {
    const options = await connect('--url', 'mqtts://b');
    expect(options.ok && options.value.port).toBeUndefined();
  });

  it('reads the first line of the password file anew each time', async () => {
    const file = inFolder('pw');
    await writeFile(file, 'pass word \r\nmore\n', { mode: 0o600 });
    const options = await connect('-h', 'b', '-u', 'u', '--password-file', file);
    const password = options.ok ? options.value.password : undefined;
    if (typeof password !== 'function') throw new Error('the password is no function');
    expect(password()).toBe('pass word ');
    await writeFile(file, 'new');
    expect(password()).toBe('new');
    await rm(file);
    expect(password).toThrow('ENOENT');
  });

  it('names a file that cannot be read, and the place that names it', async () => {
    expect(await connect('-h', 'b', '-c', '/nowhere/ca.pem')).toEqual({
      ok: false,
      reason: 'unreadable-file',
      detail: 'the file "/nowhere/ca.pem" (-c on the command line) does not exist',
    });
  });
});
