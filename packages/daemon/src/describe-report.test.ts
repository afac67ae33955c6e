import { describe, it, expect } from '@jest/globals';
import type { AddressText, Report } from '@vallum/core';
import type { Origin, SetName } from '@vallum/core/protocol';
import { describeReport } from './describe-report.js';

const entry = {
  set: 'blacklist' as SetName,
  address: '192.0.2.7' as AddressText,
  via: 'blacklist/add',
};
const origin = 'web1' as Origin;

describe('describeReport', () => {
  it.each<[Report, string]>([
    [
      { ...entry, outcome: 'banned', until: 1_795_442_400, origin, reason: 'sshd' },
      'info: banned 192.0.2.7 in blacklist until 2026-11-23 14:00:00 UTC (origin web1, reason "sshd", via blacklist/add)',
    ],
    [
      { ...entry, outcome: 'banned', until: 'never', place: 'line 3' },
      'info: banned 192.0.2.7 in blacklist for ever (via blacklist/add line 3)',
    ],
    [
      { ...entry, outcome: 'banned', until: 'default', via: 'local' },
      "info: banned 192.0.2.7 in blacklist for as long as the set's own timeout says (from this program)",
    ],
    [
      { ...entry, outcome: 'banned', until: 1e15 },
      'info: banned 192.0.2.7 in blacklist until second 1000000000000000 (via blacklist/add)',
    ],
    [
      { ...entry, outcome: 'unbanned', absent: false },
      'info: unbanned 192.0.2.7 in blacklist (via blacklist/add)',
    ],
    [
      { ...entry, outcome: 'unbanned', absent: true },
      'info: unbanned 192.0.2.7 in blacklist, where it was not banned (via blacklist/add)',
    ],
    [
      {
        ...{ ...entry, outcome: 'unbanned', absent: true },
        stillBlockedBy: [
          { address: '192.0.2.0/28' as AddressText, origin, until: 1_795_442_400 },
          { address: '192.0.2.0/24' as AddressText, until: 'never' },
        ],
      },
      'info: 192.0.2.7 had no ban of its own in blacklist and is still blocked by 192.0.2.0/28 (origin web1, until 2026-11-23 14:00:00 UTC), 192.0.2.0/24 (for ever) (via blacklist/add)',
    ],
    [
      {
        ...{ ...entry, outcome: 'unbanned', absent: false },
        stillBlockedBy: [{ address: '192.0.2.0/28' as AddressText, until: 'default' }],
      },
      "info: unbanned 192.0.2.7 in blacklist, but it is still blocked by 192.0.2.0/28 (for as long as the set's own timeout says) (via blacklist/add)",
    ],
    [
      { ...entry, outcome: 'unbanned', absent: true, note: 'not-remembered' },
      'info: unbanned 192.0.2.7 in blacklist, where it was not banned; so many withdrawals are remembered already that this one is not: an older ban of it that arrives late will count (via blacklist/add)',
    ],
    [
      { ...entry, outcome: 'repeated', origin },
      'debug: nothing to do about 192.0.2.7 in blacklist: all of this was known (origin web1, via blacklist/add)',
    ],
    [
      { ...entry, outcome: 'held', holders: ['web1', 'web2'] },
      'info: kept 192.0.2.7 in blacklist, since it is still held by web1, web2 (via blacklist/add)',
    ],
    [
      { ...entry, outcome: 'ended' },
      'info: ended the ban of 192.0.2.7 in blacklist: its time is over (via blacklist/add)',
    ],
    [
      { ...entry, outcome: 'refused', code: 'protected', detail: 'it is the gateway', origin },
      'warning: refused to ban 192.0.2.7 in blacklist: it is the gateway (origin web1, via blacklist/add)',
    ],
    [
      {
        ...entry,
        outcome: 'failed',
        action: 'ban',
        code: 'set-missing',
        detail: 'no such set',
        willRetry: true,
      },
      'warning: failed to ban 192.0.2.7 in blacklist: no such set; it is kept and applied as soon as possible (via blacklist/add)',
    ],
    [
      {
        ...entry,
        outcome: 'failed',
        action: 'unban',
        code: 'unknown',
        detail: 'odd',
        willRetry: false,
      },
      'error: failed to unban 192.0.2.7 in blacklist: odd (via blacklist/add)',
    ],
    [
      {
        ...{ ...entry, outcome: 'failed', action: 'ban', code: 'excepted', willRetry: true },
        detail: 'the entry 192.0.2.0/24 nomatch lets it through',
      },
      'warning: failed to ban 192.0.2.7 in blacklist: the entry 192.0.2.0/24 nomatch lets it through; take the nomatch entry out of the set where the ban is to count; it is kept and applied as soon as possible (via blacklist/add)',
    ],
    [
      { ...entry, outcome: 'published', action: 'ban' },
      'info: published the ban of 192.0.2.7 in blacklist (via blacklist/add)',
    ],
    [
      {
        outcome: 'rejected',
        code: 'bad-address',
        input: 'x"y',
        detail: 'no address',
        via: 'blacklist/add\u001b[2J',
        place: 'line 2',
      },
      'warning: rejected "x\\"y": no address (via blacklist/add\\x1b[2J line 2)',
    ],
  ])('%j', (report, expected) => {
    const { level, message, event } = describeReport(report);
    expect(`${level}: ${message}`).toBe(expected);
    expect(event).toBe(report.outcome);
  });

  it('does not let a reason end its quotation or the line', () => {
    const reason = 'x", via hell)\nbanned 127.0.0.1\u202e';
    const { message } = describeReport({ ...entry, outcome: 'banned', until: 'never', reason });
    expect(message).toBe(
      'banned 192.0.2.7 in blacklist for ever (reason "x\\", via hell)\\x0abanned 127.0.0.1\\u{202e}", via blacklist/add)',
    );
  });

  it('says how a topic gets a set', () => {
    const { message } = describeReport({
      ...{ outcome: 'rejected', code: 'unknown-topic', via: 'x/add', place: 'topic' },
      ...{ input: 'x/add', detail: 'no set is bound to this topic' },
    });
    expect(message).toBe(
      'rejected "x/add": no set is bound to this topic; -t TOPIC=SET binds a topic to a set (via x/add topic)',
    );
  });

  it.each<[string, Extract<Report, { outcome: 'refused' }>['code'], string | undefined]>([
    ['10.0.0.0/8', 'prefix-too-wide', '--min-prefix 8 allows it'],
    ['2001::/16', 'prefix-too-wide', '--min-prefix6 16 allows it'],
    ['0.0.0.0/0', 'prefix-too-wide', undefined],
    ['::/0', 'prefix-too-wide', undefined],
    ['10.0.0.0/16', 'cover-exceeded', '--max-cover says how much a set may cover'],
    ['192.0.2.7', 'protected', undefined],
    [
      '192.0.2.7',
      'too-many-leases',
      'give each detector one origin, and not each of its bans another',
    ],
    [
      '192.0.2.7',
      'too-many-leases-in-all',
      '--max-leases raises the bound, and the memory that vallumd may take',
    ],
    [
      '192.0.2.7',
      'too-many-origins',
      'let publishers name themselves, and not what they found, as the origin',
    ],
    [
      '192.0.2.7',
      'too-many-reasons',
      'let publishers give the kind of an attack as the reason, and not its details',
    ],
  ])('names what can be done about %s, %s: %s', (address, code, remedy) => {
    const refused = { ...entry, address: address as AddressText, outcome: 'refused' } as const;
    const { message, fields } = describeReport({ ...refused, code, detail: 'no' });
    expect(fields?.['remedy']).toBe(remedy);
    const end = remedy === undefined ? '' : `; ${remedy}`;
    expect(message).toBe(`refused to ban ${address} in blacklist: no${end} (via blacklist/add)`);
  });

  it('gives programs every part', () => {
    const report: Report = { ...entry, outcome: 'banned', until: 5, origin, reason: 'sshd' };
    expect(describeReport(report).fields).toEqual({
      set: 'blacklist',
      address: '192.0.2.7',
      origin: 'web1',
      reason: 'sshd',
      via: 'blacklist/add',
      until: 5,
    });
  });
});
