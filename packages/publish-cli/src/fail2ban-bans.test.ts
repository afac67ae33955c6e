import { describe, expect, it } from '@jest/globals';
import { importBans, type Fail2banBans, type ImportChoice } from './fail2ban-bans.js';

const now = 1_795_420_000;
const source: Fail2banBans = {
  host: 'web1.example.org',
  jails: ['postfix', 'sshd'],
  bans: [
    ['sshd', '192.0.2.1', now - 100, 600],
    ['sshd', '192.0.2.2', now - 600, 600],
    ['sshd', '2001:db8::3', now - 9_999_999, -1],
    ['postfix', '192.0.2.1', now - 5, 60],
    ['disabled', '192.0.2.4', now, 600],
  ],
};

function entries(over: Partial<ImportChoice> = {}, bans: Partial<Fail2banBans> = {}) {
  const choice = { origin: undefined, jails: [], reason: undefined, nowSeconds: now, ...over };
  const imported = importBans({ ...source, ...bans }, choice);
  if (!imported.ok) return imported.detail;
  return imported.value.map((line) => JSON.parse(line) as unknown);
}

describe('importBans', () => {
  it('makes of each ban that has not ended what the action would have sent, stamped with its time', () => {
    expect(entries()).toEqual([
      {
        address: '192.0.2.1',
        until: now + 500,
        origin: 'web1.example.org.sshd',
        at: 1000 * (now - 100),
        reason: 'fail2ban sshd',
      },
      {
        address: '2001:db8::3',
        until: 'never',
        origin: 'web1.example.org.sshd',
        at: 1000 * (now - 9_999_999),
        reason: 'fail2ban sshd',
      },
      {
        address: '192.0.2.1',
        until: now + 55,
        origin: 'web1.example.org.postfix',
        at: 1000 * (now - 5),
        reason: 'fail2ban postfix',
      },
    ]);
  });

  it('takes other words for host and reason, and only the jails that are asked for', () => {
    expect(entries({ origin: 'web1', reason: 'moved', jails: ['postfix'] })).toEqual([
      expect.objectContaining({ origin: 'web1.postfix', reason: 'moved' }),
    ]);
  });

  it('refuses a jail that is not there, and names those that are', () => {
    expect(entries({ jails: ['ssh'] })).toBe(
      'fail2ban has no jail "ssh" that is enabled; it has "postfix", "sshd"',
    );
  });

  it('does not take a fail2ban that is stopped for one without bans', () => {
    expect(entries({}, { jails: [] })).toContain('start it, and try again');
  });

  it('refuses a name that cannot be an origin, escaped', () => {
    const bans = { jails: ['a\nb'], bans: [] };
    expect(entries({}, bans)).toContain('the bans of jail "a\\u{a}b" cannot be in the name of');
    expect(entries({ origin: '-x' })).toContain('--origin');
  });

  it('gives text from the database no way out of its line', () => {
    const ip = '192.0.2.9"}\n{"address":"192.0.2.10';
    expect(entries({}, { bans: [['sshd', ip, now, 600]] })).toHaveLength(1);
  });
});
