import { readFileSync } from 'node:fs';
import { delimiter } from 'node:path';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { parseCommandLine, type PublishRequest } from '@vallum/publish-cli';
import { mustRun, runProcess, temporaryFolder } from '@vallum/test-kit';
import { generateAction } from '../src/generate-action.js';
import { actionPath, readActionFile, substituteTags } from './action-file.js';

const folder = temporaryFolder();
// Stands in for vallum-pub and prints the arguments that the shell hands over.
writeFileSync(
  join(folder, 'vallum-pub'),
  '#!/bin/sh\nprintf \'%s\\0\' "$@" end\n[ "$1" != import ] || exit ${STATUS:-0}\n',
);
chmodSync(join(folder, 'vallum-pub'), 0o755);

const path = { PATH: `${folder}${delimiter}${process.env['PATH'] ?? ''}` };

const run = (script: string, variables: Readonly<Record<string, string>>): Promise<string> =>
  mustRun('sh', ['-c', script], { env: { ...variables, ...path } });

/** What vallum-pub understands of one of the action's lines, after fail2ban and the shell. */
async function requestOf(
  setting: string,
  ticket: Readonly<Record<string, string>>,
): Promise<PublishRequest> {
  const { script, variables } = substituteTags(readActionFile().get(setting) ?? '', 'sshd', ticket);
  const printed = await run(script, variables);
  const parsed = parseCommandLine(printed.split('\0').slice(0, -2));
  if (!parsed.ok) throw new Error(parsed.detail);
  if (parsed.value.kind !== 'publish') throw new Error(parsed.value.kind);
  return parsed.value.request;
}

const ticket = {
  ...{ ip: '203.0.113.7', time: '1795420000.25', bantime: '600', family: 'inet4' },
  restored: '0',
};

describe('the shipped action', () => {
  it('is what the generator makes', () => {
    expect(readFileSync(actionPath, 'utf8')).toBe(generateAction());
  });

  it.each(['actionban', 'actionprolong'])('%s carries the end of the ban', async (setting) => {
    expect(await requestOf(setting, ticket)).toEqual({
      action: 'ban',
      set: 'blacklist',
      topic: 'blacklist/add',
      qos: 1,
      addresses: ['203.0.113.7'],
      terms: { until: 1795420600 },
      reason: 'fail2ban sshd',
      origin: 'web1.example.org.sshd',
      waitSeconds: 2,
      entriesPerSecond: 105_000,
      minPrefixLength: { ipv4: 16, ipv6: 32 },
      spoolFolder: '/var/spool/vallum-pub',
      dryRun: false,
      quiet: true,
      verbose: false,
    });
  });

  it('makes a bantime of -1 a ban for ever', async () => {
    const request = await requestOf('actionban', { ...ticket, bantime: '-1' });
    expect(request.terms).toEqual({ until: 'never' });
  });

  it('bans IPv6 the same way', async () => {
    const request = await requestOf('actionban', { ...ticket, ip: '2001:db8::7' });
    expect(request.addresses).toEqual(['2001:db8::7']);
  });

  it('unbans in the name in which it banned, so that the ban of another host or jail stays', async () => {
    const ban = await requestOf('actionban', ticket);
    const unban = await requestOf('actionunban', ticket);
    expect(unban).toMatchObject({
      action: 'unban',
      topic: 'blacklist/del',
      addresses: ['203.0.113.7'],
      terms: {},
      origin: ban.origin,
    });
  });

  it('checks its settings at the start without sending anything, and then imports', async () => {
    const { script } = substituteTags(readActionFile().get('actionstart') ?? '', 'sshd', {});
    const printed = await run(script, {});
    const [check = [], imported = []] = printed
      .split('end\0')
      .map((args) => args.split('\0').slice(0, -1));
    const parsed = parseCommandLine(check);
    expect(parsed).toMatchObject({
      ok: true,
      value: { request: { dryRun: true, set: 'blacklist' } },
    });
    expect(imported.slice(0, 2)).toEqual(['import', 'fail2ban']);
    expect(imported.join(' ')).toContain('--jail sshd --set blacklist --as web1.example.org.sshd ');
  });

  it('takes an entry that cannot be banned for no failure of the start, and any other for one', async () => {
    const { script } = substituteTags(readActionFile().get('actionstart') ?? '', 'sshd', {});
    const code = async (status: string) =>
      (await runProcess('sh', ['-c', script], { env: { ...path, STATUS: status } })).code;
    expect([await code('65'), await code('66'), await code('78')]).toEqual([0, 1, 1]);
  });

  it('calls nothing for a ban that was restored, since the start has shared it', async () => {
    const { script, variables } = substituteTags(readActionFile().get('actionban') ?? '', 'sshd', {
      ...ticket,
      restored: '1',
    });
    expect(await run(script, variables)).toBe('');
    const alone = script.replace('/var/lib/fail2ban/fail2ban.sqlite3', 'none');
    expect(await run(alone, variables)).toContain('203.0.113.7');
  });

  it('has a flush of its own that unbans nobody, and nothing at the stop', () => {
    const action = readActionFile();
    expect(action.get('actionflush')).toBe('true');
    expect(action.get('actionstop')).toBe('');
  });

  it('drops no unbans of restored bans, as norestored would', () => {
    expect(readActionFile().has('norestored')).toBe(false);
  });

  it.each([
    '--config=/tmp/evil.yaml',
    '-Psecret',
    '$(touch /tmp/owned)',
    '"; reboot; "',
    '`reboot`',
    "' ; reboot ; '",
    '1.2.3.4 --set other',
    'a\nb',
  ])('hands %p over as one address, whatever a filter found', async (ip) => {
    const request = await requestOf('actionban', { ...ticket, ip });
    expect(request).toMatchObject({ addresses: [ip], set: 'blacklist' });
  });
});
