import { describe, it, expect } from '@jest/globals';
import { connectionOptions } from './connection-options.js';
import { defineOption } from './option.js';
import { firstRequested, readArguments } from './read-arguments.js';

const table = [
  ...connectionOptions,
  defineOption({
    name: 'topic',
    short: 't',
    type: 'string[]',
    description: 'x',
    group: 'Sets',
    placeholder: 'TOPIC[=SET]',
  }),
  defineOption({
    name: 'version',
    short: 'V',
    type: 'boolean',
    description: 'x',
    group: 'General',
  }),
  defineOption({ name: 'help', type: 'boolean', description: 'x', group: 'General' }),
  defineOption({
    ...{ name: 'confirm', short: 'n', type: 'string', implied: 'all' },
    ...{ description: 'x', group: 'General', placeholder: 'COUNT' },
  }),
];

/** `name=text` for an option, the bare text for a positional, `!detail` for a fault. */
function read(...argv: string[]): string[] {
  return [...readArguments(table, argv)].map((found) =>
    !found.ok
      ? `!${found.detail}`
      : found.value.kind === 'positional'
        ? found.value.text
        : `${found.value.option.name}=${found.value.text}`,
  );
}

describe('readArguments', () => {
  it.each<[string[], string[]]>([
    [['-h', 'broker'], ['host=broker']],
    [
      ['-hbroker', '-p1883'],
      ['host=broker', 'port=1883'],
    ],
    [['--host', 'broker'], ['host=broker']],
    [['--host=broker'], ['host=broker']],
    [['--host='], ['host=']],
    [['-TV'], ['tls=true', 'version=true']],
    [
      ['-Tp', '8883'],
      ['tls=true', 'port=8883'],
    ],
    [
      ['-Tp8883', '-V'],
      ['tls=true', 'port=8883', 'version=true'],
    ],
    [
      ['-t', 'a', '-tb', '--topic', 'c'],
      ['topic=a', 'topic=b', 'topic=c'],
    ],
    [['-P', '-secret'], ['password=-secret']],
    [
      ['-P', '--', '-h', 'x'],
      ['password=--', 'host=x'],
    ],
    [['-P', '"quoted"'], ['password="quoted"']],
    [['--password=a=b'], ['password=a=b']],
    [['--password', '--host'], ['password=--host']],
    [['--no-tls'], ['tls=false']],
    [
      ['add', '--confirm', '192.0.2.1'],
      ['add', 'confirm=all', '192.0.2.1'],
    ],
    [
      ['--confirm=3', '4'],
      ['confirm=3', '4'],
    ],
    [['--confirm='], ['confirm=']],
    [
      ['-Tn', '3'],
      ['tls=true', 'confirm=all', '3'],
    ],
    [['-n3'], ['confirm=3']],
    [['--tls=no'], ['tls=no']],
    [
      ['add', '-T', '192.0.2.1', '-'],
      ['add', 'tls=true', '192.0.2.1', '-'],
    ],
    [
      ['--', '-V', '--host'],
      ['-V', '--host'],
    ],
    [[''], ['']],
  ])('reads %j as getopt does', (argv, expected) => {
    expect(read(...argv)).toEqual(expected);
  });

  it.each<[string[], string]>([
    [['-t'], '!-t needs a value: -t TOPIC[=SET]'],
    [['--host'], '!--host needs a value: --host HOST'],
    [['--hots', 'x'], '!there is no option "--hots"; did you mean --host?'],
    [['--pass', 'x'], '!there is no option "--pass"; did you mean --password?'],
    [['--frobnicate'], '!there is no option "--frobnicate"; --help lists them all'],
    [['-x'], '!there is no option "-x"; --help lists them all'],
    [['-Tx'], '!there is no option "-x"; --help lists them all'],
    [['-username', 'x'], 'username=sername'],
    [['-client-id', 'x'], 'ca-file=lient-id'],
    [['-keepalive', '9'], '!there is no option "-k"; did you mean --keepalive?'],
    [['--no-tls=yes'], '!--no-tls takes no value'],
    [['--\u001b[31m'], '!there is no option "--\\u{1b}[31m"; --help lists them all'],
    [['--__proto__', 'x'], '!there is no option "--__proto__"; --help lists them all'],
  ])('says what is wrong with %j', (argv, expected) => {
    expect(read(...argv)).toContain(expected);
  });

  it('yields nothing after a fault', () => {
    expect(read('-x', '-V')).toHaveLength(1);
  });
});

describe('firstRequested', () => {
  it('finds a request for the version although the rest of the line is unusable', () => {
    expect(firstRequested(table, ['-TV', '--nonsense'], ['version', 'help'])).toBe('version');
  });

  it('does not take a value for a request', () => {
    expect(firstRequested(table, ['-P', '--help'], ['version', 'help'])).toBeUndefined();
  });

  it('stops at the first fault, as getopt would', () => {
    expect(firstRequested(table, ['--nonsense', '-V'], ['version'])).toBeUndefined();
  });
});
