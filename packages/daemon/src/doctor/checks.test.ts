import { describe, expect, it } from '@jest/globals';
import { parseAddress, type Address, type SetInfo } from '@vallum/core';
import { parseSetName } from '@vallum/core/protocol';
import { checkProtect, type ProtectFacts } from './check-protect.js';
import { checkRules, checkRuleSources } from './check-rules.js';
import { checkKernel, checkPermission, checkRoom, checkSets } from './check-sets.js';
import { checkStatus } from './check-status.js';
import type { RuleFacts } from '../firewall/gather-rules.js';
import type { SetFacts } from './gather-sets.js';
import { hasNetAdmin } from './permission.js';
import { findSshClient } from './ssh-client.js';

function setName(text: string) {
  const set = parseSetName(text);
  if (!set.ok) throw new Error(set.detail);
  return set.value;
}

const set = setName('blacklist');

function facts(info?: Partial<SetInfo>, more: Partial<SetFacts> = {}): SetFacts {
  const whole: SetInfo = {
    ...{ set, type: 'hash:net', family: 'ipv4', entries: 0, references: 0 },
    ...{ defaultTimeoutSeconds: 0, maxEntries: 100 },
    ...info,
  };
  return { set, companion: false, family: 'ipv4', ...(info ? { info: whole } : {}), ...more };
}

const noRules: RuleFacts = { tables: [], read: ['nft'], failed: [] };

describe('the checks of sets', () => {
  it('tell how to create one that is missing', () => {
    expect(checkSets([facts()], false)).toMatchObject([
      { level: 'critical', remedy: 'ipset create blacklist hash:net timeout 0' },
    ]);
    expect(checkSets([facts()], true)).toMatchObject([{ level: 'warning' }]);
    const beside = facts(undefined, {
      companion: true,
      family: 'ipv6',
      set: setName('blacklist6'),
    });
    expect(checkSets([beside], false)).toMatchObject([
      { level: 'warning', remedy: 'ipset create blacklist6 hash:net family inet6 timeout 0' },
    ]);
  });

  it('tell a type that vallumd does not edit, and a family that does not fit', () => {
    expect(checkSets([facts({ type: 'hash:mac' })], false)).toMatchObject([{ level: 'critical' }]);
    expect(checkSets([facts({}, { companion: true })], false)).toMatchObject([
      { level: 'warning' },
    ]);
  });

  it('tell one that evicts, and what to put in its place', () => {
    expect(checkSets([facts({ evicts: true, maxEntries: 100 })], false)).toMatchObject([
      {
        level: 'warning',
        message: expect.stringContaining('forceadd'),
        remedy:
          'ipset create blacklist-new hash:net family inet timeout 0 maxelem 100' +
          ' && ipset swap blacklist blacklist-new && ipset destroy blacklist-new',
      },
    ]);
  });

  it('tell what a good one is', () => {
    const { defaultTimeoutSeconds: _, ...without } = facts({}).info!;
    const sets = [
      ...[facts({}), facts({ type: 'hash:ip', defaultTimeoutSeconds: 600 })],
      { ...facts(), info: without },
    ];
    expect(checkSets(sets, false).map(({ level, message }) => `${level} ${message}`)).toEqual([
      'ok hash:net, IPv4, with timeouts',
      'ok hash:ip, IPv4, with timeouts, 600 s unless a ban says more, single addresses only',
      'ok hash:net, IPv4, without timeouts (vallumd ends timed bans itself)',
    ]);
  });

  it.each([
    [89, 'ok'],
    [90, 'warning'],
    [100, 'critical'],
  ])('say of %d entries in a set for 100: %s', (entries, level) => {
    expect(checkRoom([facts({ entries })])).toMatchObject([{ level }]);
  });

  it('tell a kernel without sets from a process without permission', () => {
    const broken = facts(undefined, { fault: { code: 'BACKEND_UNAVAILABLE', message: 'no' } });
    const denied = facts(undefined, { fault: { code: 'PERMISSION_DENIED', message: 'no' } });
    expect(checkKernel([broken])).toMatchObject([{ level: 'critical', message: 'no' }]);
    expect(checkKernel([denied])).toMatchObject([{ level: 'unknown' }]);
    expect(checkPermission(false, [])).toMatchObject([{ level: 'critical' }]);
    expect(checkPermission(true, [denied])).toMatchObject([{ level: 'critical' }]);
    expect(checkPermission(true, [facts({})])).toMatchObject([{ level: 'ok' }]);
  });

  it('read the capability from the bits of this process', async () => {
    expect(await hasNetAdmin(async () => 'CapPrm:\t0\nCapEff:\t0000000000001000\n')).toBe(true);
    expect(await hasNetAdmin(async () => 'CapEff:\t0000000000002000\n')).toBe(false);
    expect(await hasNetAdmin(() => Promise.reject(new Error('no /proc')))).toBeUndefined();
  });
});

describe('the check of rules', () => {
  it('gives the rule to paste where none refers to the set', () => {
    expect(checkRules([facts({})], noRules, 'ipset')).toMatchObject([
      { level: 'critical', remedy: 'iptables -I INPUT -m set --match-set blacklist src -j DROP' },
    ]);
    const beside = facts({ family: 'ipv6' }, { companion: true, family: 'ipv6' });
    expect(checkRules([beside], noRules, 'ipset')).toMatchObject([
      { level: 'warning', remedy: 'ip6tables -I INPUT -m set --match-set blacklist src -j DROP' },
    ]);
  });

  it('believes the kernel where rules cannot be read', () => {
    const unread = { ...noRules, failed: [{ tool: 'iptables-legacy-save', detail: 'no' }] };
    expect(checkRules([facts({ references: 1 })], unread, 'ipset')).toMatchObject([
      { level: 'ok' },
    ]);
    expect(checkRules([facts({ references: 1 })], noRules, 'ipset')).toMatchObject([
      { level: 'unknown' },
    ]);
    expect(checkRuleSources(unread)).toMatchObject([{ level: 'unknown' }]);
  });

  it('is critical where no firewall is installed', () => {
    expect(checkRuleSources({ ...noRules, read: [] })).toMatchObject([{ level: 'critical' }]);
  });
});

describe('the check of the protect list', () => {
  const host = [{ address: address('192.0.2.1'), because: 'gateway on eth0' }];
  const base: ProtectFacts = {
    ...{ protect: [], protectHost: true, host, broker: ['192.0.2.5'], sshClient: undefined },
  };

  it('is content with what is protected by itself', () => {
    expect(checkProtect(base)).toMatchObject([{ level: 'ok', subject: 'this host' }]);
  });

  it('names what --no-protect-host leaves open, unless the list covers it', () => {
    expect(checkProtect({ ...base, protectHost: false })).toMatchObject([
      { level: 'warning', subject: '192.0.2.1' },
    ]);
    const listed = { ...base, protectHost: false, protect: ['192.0.2.0/24'] };
    expect(checkProtect(listed)).toMatchObject([{ level: 'ok' }]);
  });

  it('asks to protect whoever is logged in', () => {
    expect(checkProtect({ ...base, sshClient: '198.51.100.7' })[1]).toMatchObject({
      level: 'warning',
      remedy: 'in /etc/vallum/vallumd.yaml: protect: [198.51.100.7]',
    });
    const listed = { ...base, sshClient: '198.51.100.7', protect: ['198.51.100.0/24'] };
    expect(checkProtect(listed)[1]).toMatchObject({ level: 'ok' });
    expect(checkProtect({ ...base, sshClient: '::1' })[1]).toMatchObject({ level: 'ok' });
  });

  it('finds that out through sudo too', async () => {
    const files: Record<string, string> = {
      '/proc/30/environ': 'HOME=/root\0',
      '/proc/30/stat': '30 (sudo) x) S 20 30 30',
      '/proc/20/environ': 'A=1\0SSH_CONNECTION=198.51.100.7 50022 192.0.2.1 22\0',
    };
    const read = (path: string) => {
      const text = files[path];
      return text === undefined ? Promise.reject(new Error('ENOENT')) : Promise.resolve(text);
    };
    expect(await findSshClient({}, 30, read)).toBe('198.51.100.7');
    expect(await findSshClient({}, 40, read)).toBeUndefined();
    expect(await findSshClient({ SSH_CONNECTION: '::2 1 ::1 22' }, 30, read)).toBe('::2');
  });
});

describe('the check of the status at the broker', () => {
  it.each([
    ['{"state":"online"}', 'ok'],
    ['{"state":"offline"}', 'critical'],
    ['nonsense', 'critical'],
    [undefined, 'warning'],
  ])('says of %s: %s', (status, level) => {
    expect(checkStatus('fw1', status)).toMatchObject([{ level }]);
  });
});

function address(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}
