import { describe, expect, it } from '@jest/globals';
import { parseCommandLine } from './parse-command-line.js';

function requestOf(argv: readonly string[], env: Record<string, string> = {}) {
  const parsed = parseCommandLine(argv, env);
  if (!parsed.ok) throw new Error(parsed.detail);
  if (parsed.value.kind !== 'publish') throw new Error(parsed.value.kind);
  return parsed.value.request;
}

describe('parseCommandLine', () => {
  it('sends a bare address to the set of its name at QoS 1', () => {
    expect(requestOf(['add', '192.0.2.7', '--set', 'blacklist'])).toEqual({
      action: 'ban',
      set: 'blacklist',
      topic: 'blacklist/add',
      qos: 1,
      addresses: ['192.0.2.7'],
      terms: {},
      waitSeconds: 10,
      entriesPerSecond: 105_000,
      minPrefixLength: { ipv4: 16, ipv6: 32 },
      spoolFolder: '/var/spool/vallum-pub',
      dryRun: false,
      quiet: false,
      verbose: false,
    });
  });

  it('takes every option, also in front of the command', () => {
    const argv = [
      '--set',
      'a',
      '-t',
      'site/x/a',
      '--qos',
      '2',
      '--min-prefix',
      '8',
      '--wait',
      '1m',
      '--rate',
      '500',
      '--dry-run',
      '--quiet',
    ];
    argv.push('add', '--timeout', '1h', '--reason', 'ssh, "again"', '--origin', 'web1', '-f', '-');
    expect(requestOf(argv)).toEqual({
      action: 'ban',
      set: 'a',
      topic: 'site/x/a/add',
      qos: 2,
      addresses: [],
      list: '-',
      terms: { timeoutSeconds: 3600 },
      reason: 'ssh, "again"',
      origin: 'web1',
      waitSeconds: 60,
      entriesPerSecond: 500,
      minPrefixLength: { ipv4: 8, ipv6: 32 },
      spoolFolder: '/var/spool/vallum-pub',
      dryRun: true,
      quiet: true,
      verbose: false,
    });
  });

  it('takes what follows -- for addresses, whatever it looks like', () => {
    const request = requestOf(['del', '--set', 'a', '--', '-P', '--config=x']);
    expect(request).toMatchObject({
      action: 'unban',
      topic: 'a/del',
      addresses: ['-P', '--config=x'],
    });
  });

  it('lets an option rule over the environment', () => {
    const env = { VALLUM_SET: 'b', VALLUM_ORIGIN: 'web1', VALLUM_QOS: '0' };
    expect(requestOf(['add', '192.0.2.7'], env)).toMatchObject({
      set: 'b',
      origin: 'web1',
      qos: 0,
    });
    expect(requestOf(['add', '192.0.2.7', '--set', 'c'], env)).toMatchObject({ set: 'c' });
  });

  it('answers --help and --version whatever else stands there', () => {
    expect(parseCommandLine(['--help'])).toEqual({ ok: true, value: { kind: 'help' } });
    expect(parseCommandLine(['add', '-V'])).toEqual({ ok: true, value: { kind: 'version' } });
  });

  it.each([
    [
      'ad',
      /^unknown command "ad"; did you mean add\? The commands are add \(bans addresses\), del .* and doctor/,
    ],
    ['dle', /^unknown command "dle"; did you mean del\?/],
    ['frobnicate', /^unknown command "frobnicate"\. The commands are add/],
    [
      '192.0.2.0/24',
      /^say what to do with "192\.0\.2\.0\/24": vallum-pub add 192\.0\.2\.0\/24 bans/,
    ],
    ['2001:db8::7', /^say what to do with "2001:db8::7": /],
  ])('says of the command %j what was probably meant', (word, expected) => {
    expect(parseCommandLine([word, '192.0.2.7', '--set', 'a'])).toMatchObject({
      ...{ ok: false, reason: 'bad-command', detail: expect.stringMatching(expected) },
    });
  });

  it('sees tomorrow from its own clock', () => {
    const nowMs = () => Date.UTC(2026, 10, 26, 12);
    const argv = ['add', '192.0.2.7', '--set', 'a', '--until', 'tomorrow 8:00'];
    expect(parseCommandLine(argv, {}, [], nowMs)).toMatchObject({
      value: { request: { terms: { until: Date.UTC(2026, 10, 27, 8) / 1000 } } },
    });
  });

  it.each([
    ['no command', [], 'bad-command'],
    ['an unknown command', ['ban', '192.0.2.7', '--set', 'a'], 'bad-command'],
    ['import behind an option', ['--set', 'a', 'import', 'fail2ban'], 'bad-command'],
    ['no set', ['add', '192.0.2.7'], 'bad-set-name'],
    ['a set that is an option', ['add', '192.0.2.7', '--set', '-exist'], 'bad-set-name'],
    ['a topic with a wildcard', ['add', '192.0.2.7', '--set', 'a', '-t', 'a/#'], 'bad-topic'],
    ['no address', ['add', '--set', 'a'], 'nothing-to-send'],
    ['a QoS of 3', ['add', '192.0.2.7', '--set', 'a', '--qos', '3'], 'bad-value'],
    ['no time to wait', ['add', '192.0.2.7', '--set', 'a', '--wait', '0'], 'bad-value'],
    ['a bad origin', ['add', '192.0.2.7', '--set', 'a', '--origin', 'a b'], 'bad-origin'],
    [
      'a reason with an escape',
      ['add', '1.2.3.4', '--set', 'a', '--reason', '\x1b[2J'],
      'bad-reason',
    ],
    ['a timeout for del', ['del', '192.0.2.7', '--set', 'a', '--timeout', '5'], 'bad-command'],
    ['a reason for del', ['del', '192.0.2.7', '--set', 'a', '--reason', 'x'], 'bad-command'],
    ['all without an origin', ['del', '--all', '--set', 'a'], 'bad-command'],
    ['all for add', ['add', '--all', '--origin', 'x', '--set', 'a'], 'bad-command'],
    ['all and an address', ['del', '::1', '--all', '--origin', 'x', '--set', 'a'], 'bad-command'],
    ['all and a list', ['del', '-f', '-', '--all', '--origin', 'x', '--set', 'a'], 'conflict'],
    ['flush behind an option', ['--set', 'a', 'flush'], 'bad-command'],
    ['two ends', ['add', '1.2.3.4', '--set', 'a', '--until', '5', '--timeout', '5'], 'conflict'],
    ['an unknown option', ['add', '192.0.2.7', '--sett', 'a'], 'unknown-option'],
  ])('refuses %s', (_what, argv, reason) => {
    const parsed = parseCommandLine(argv);
    expect(parsed).toMatchObject({ ok: false, reason });
    // Nothing of what was typed reaches the terminal as it is.
    expect(parsed.ok ? '' : parsed.detail).not.toContain('\x1b');
  });
});
