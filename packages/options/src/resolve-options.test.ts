import { describe, it, expect } from '@jest/globals';
import * as yaml from 'yaml';
import { connectionOptions } from './connection-options.js';
import { defineOption } from './option.js';
import { describePlace } from './place.js';
import { readConfig } from './read-config.js';
import { resolveOptions } from './resolve-options.js';

const PATH = '/etc/vallum/vallumd.yaml';

const table = [
  ...connectionOptions,
  defineOption({
    name: 'topic',
    short: 't',
    type: 'string[]',
    env: 'VALLUM_TOPIC',
    configKey: 'topics',
    default: [],
    description: 'x',
    group: 'Sets',
  }),
  defineOption({
    name: 'protect',
    type: 'string[]',
    env: 'VALLUM_PROTECT',
    configKey: 'protect',
    default: [],
    description: 'x',
    group: 'Policy',
    accumulates: true,
  }),
  defineOption({
    name: 'max-cover',
    type: 'share',
    env: 'VALLUM_MAX_COVER',
    configKey: 'max-cover',
    default: 0.25,
    description: 'x',
    group: 'Policy',
  }),
  defineOption({
    name: 'backend',
    type: 'enum',
    choices: ['ipset', 'memory', 'dry-run'],
    env: 'VALLUM_BACKEND',
    configKey: 'backend',
    default: 'ipset',
    description: 'x',
    group: 'Sets',
  }),
  defineOption({
    name: 'control',
    type: 'string',
    configKey: 'control',
    description: 'x',
    group: 'General',
    mayBeEmpty: true,
  }),
] as const;

interface Input {
  readonly argv?: readonly string[];
  readonly env?: Record<string, string>;
  readonly config?: string;
  readonly positionals?: boolean;
}

function resolve({ argv = [], env = {}, config = '', positionals = false }: Input) {
  const entries = readConfig(table, config, PATH, yaml);
  return entries.ok
    ? resolveOptions(table, { argv, env, config: entries.value, positionals })
    : entries;
}

function valuesOf(input: Input) {
  const resolved = resolve(input);
  if (!resolved.ok) throw new Error(resolved.detail);
  return resolved.value.values;
}

function faultOf(input: Input): string {
  const resolved = resolve(input);
  if (resolved.ok) throw new Error('was accepted');
  return `${resolved.reason}: ${resolved.detail}`;
}

describe('resolveOptions', () => {
  it.each<[string, Input, number | undefined, string]>([
    ['nothing', {}, undefined, 'the default'],
    ['file', { config: '\nport: 1' }, 1, `port in ${PATH} line 2`],
    [
      'environment over file',
      { config: 'port: 1', env: { VALLUM_PORT: '2' } },
      2,
      'VALLUM_PORT in the environment',
    ],
    [
      'option over environment and file',
      { config: 'port: 1', env: { VALLUM_PORT: '2' }, argv: ['-p3'] },
      3,
      '-p on the command line',
    ],
    ['the last of two options', { argv: ['-p', '3', '--port=4'] }, 4, '--port on the command line'],
    ['an empty variable counts as unset', { env: { VALLUM_PORT: '' } }, undefined, 'the default'],
  ])('takes the port from %s', (_, input, port, place) => {
    const resolved = resolve(input);
    expect(resolved).toMatchObject({ ok: true, value: { values: { port } } });
    expect(resolved.ok && describePlace(resolved.value.places.port)).toBe(place);
  });

  it.each([
    ['1/4', 0.25],
    ['25%', 0.25],
    ['12.5%', 0.125],
    ['0.25', 0.25],
    ['1', 1],
    ['0', 0],
  ])('reads the share %s', (text, share) => {
    expect(valuesOf({ config: `max-cover: ${text}` })['max-cover']).toBe(share);
  });

  it.each(['2', '101%', '5/4', '1/0', '-1', '.5', '1/4%', '25 %', 'a quarter'])(
    'refuses the share %s',
    (text) => {
      expect(faultOf({ argv: [`--max-cover=${text}`] })).toBe(
        `bad-value: --max-cover on the command line is "${text}"; it must be a share from 0 to 1, such as 1/4, 25% or 0.25`,
      );
    },
  );

  it('gives defaults where nothing is said', () => {
    expect(valuesOf({})).toMatchObject({ backend: 'ipset', topic: [], keepalive: 60 });
  });

  it('replaces a list by that of a stronger place', () => {
    const input = { config: 'topics: [a, b]', env: { VALLUM_TOPIC: 'c, d=e' } };
    expect(valuesOf(input).topic).toEqual(['c', 'd=e']);
    expect(valuesOf({ ...input, argv: ['-t', 'f', '-t', 'g'] }).topic).toEqual(['f', 'g']);
  });

  it('adds up a list whose loss would lock somebody out', () => {
    const input = {
      config: 'protect: 192.0.2.1',
      env: { VALLUM_PROTECT: '192.0.2.2' },
      argv: ['--protect', '192.0.2.3'],
    };
    expect(valuesOf(input).protect).toEqual(['192.0.2.3', '192.0.2.2', '192.0.2.1']);
  });

  it('keeps what YAML would take for a number as it was written', () => {
    const config = 'password: 0123\nusername: 1e3\nclient-id: "0x10"\nhost: true';
    expect(valuesOf({ config })).toMatchObject({
      password: '0123',
      username: '1e3',
      'client-id': '0x10',
      host: 'true',
    });
  });

  it('takes what is empty for a value where the option says so', () => {
    expect(valuesOf({ argv: ['--control', ''] }).control).toBe('');
    expect(valuesOf({ argv: ['--control='], config: 'control: /x' }).control).toBe('');
    expect(valuesOf({ config: "control: ''" }).control).toBe('');
  });

  it('takes a path in the file from the folder of the file', () => {
    const config = 'ca-file: ca.pem\nkey-file: /srv/key.pem';
    expect(valuesOf({ config })).toMatchObject({
      'ca-file': '/etc/vallum/ca.pem',
      'key-file': '/srv/key.pem',
    });
    expect(valuesOf({ argv: ['-c', 'ca.pem'] })['ca-file']).toBe('ca.pem');
  });

  it('lets the stronger of two conflicting places win', () => {
    const input = { config: 'password: old\nhost: weak', argv: ['--password-file', 'p'] };
    expect(valuesOf(input)).toMatchObject({ password: undefined, 'password-file': 'p' });
    expect(valuesOf({ ...input, env: { VALLUM_URL: 'mqtt://strong' } })).toMatchObject({
      host: undefined,
      url: 'mqtt://strong',
    });
  });

  it('returns positionals only to a program that wants them', () => {
    const resolved = resolve({ argv: ['add', '192.0.2.1'], positionals: true });
    expect(resolved).toMatchObject({ ok: true, value: { positionals: ['add', '192.0.2.1'] } });
  });

  it.each<[Input, string]>([
    [
      { argv: ['--port', '99999'] },
      'bad-value: --port on the command line is "99999"; it must be a whole number from 1 to 65535',
    ],
    [
      { env: { VALLUM_PORT: '0x5b' } },
      'bad-value: VALLUM_PORT in the environment is "0x5b"; it must be a whole number from 1 to 65535',
    ],
    [
      { config: 'host: a\n\nport: 18 83' },
      `bad-config-file: port in ${PATH} line 3 is "18 83"; it must be a whole number from 1 to 65535`,
    ],
    [
      { argv: ['--keepalive', 'soon'] },
      'bad-value: --keepalive on the command line is "soon"; it must be a time from 5 to 65535 seconds, such as 90, 10m, 1h30m or 2d',
    ],
    [
      { argv: ['--backend=nft'] },
      'bad-value: --backend on the command line is "nft"; it can be ipset, memory or dry-run',
    ],
    [
      { config: 'tls: perhaps' },
      `bad-config-file: tls in ${PATH} line 1 is "perhaps"; write true or false`,
    ],
    [{ argv: ['-h', ''] }, 'bad-value: -h on the command line is empty'],
    [
      { config: 'prot: 1883' },
      `unknown-key: there is no key "prot" in ${PATH} line 1; did you mean port?`,
    ],
    [
      { config: 'xyzzy: 1' },
      `unknown-key: there is no key "xyzzy" in ${PATH} line 1; --help lists the options`,
    ],
    [
      { config: 'port:' },
      `bad-config-file: port in ${PATH} line 1 must be one value, on the same line`,
    ],
    [
      { config: 'port: [1, 2]' },
      `bad-config-file: port in ${PATH} line 1 must be one value, on the same line`,
    ],
    [
      { config: 'topics: {a: b}' },
      `bad-config-file: topics in ${PATH} line 1 must be a value or a list of values`,
    ],
    [
      { config: '- a' },
      `bad-config-file: ${PATH} must hold lines such as "host: broker.example.org"`,
    ],
    [
      { config: 'host: a\nport: 1\nport: 2' },
      `bad-config-file: ${PATH} line 3 is no YAML: Map keys must be unique`,
    ],
    [
      { config: 'host: a\n\tport: 1' },
      `bad-config-file: ${PATH} line 2 is no YAML: Tabs are not allowed as indentation`,
    ],
    [
      { argv: ['broker'] },
      'unexpected-argument: "broker" on the command line belongs to no option (a command stands before all options); --help lists the options',
    ],
    [
      { argv: ['-P', 'x', '--password-file', 'y'] },
      'conflict: -P on the command line and --password-file on the command line say the same thing twice; leave one of them out',
    ],
    [
      { config: 'url: mqtt://a\nport: 1' },
      `conflict: url in ${PATH} line 1 and port in ${PATH} line 2 say the same thing twice; leave one of them out`,
    ],
    [{ argv: ['-P', 'sec\0ret'] }, 'bad-value: -P on the command line holds a NUL character'],
  ])('refuses %j', (input, expected) => {
    expect(faultOf(input)).toBe(expected);
  });
});
