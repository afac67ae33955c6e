import { describe, expect, it } from '@jest/globals';
import type { Explanation } from '@vallum/core';
import { useUtc } from '@vallum/options';
import type { FeedEvent } from '../control/event-feed.js';
import type { FleetRow } from '../control/fleet-row.js';
import type { NodeReport } from '../control/node-report.js';
import { describeAge, describeSpan } from './relative-time.js';
import { renderFleet } from './run-fleet.js';
import { renderStatus } from './run-status.js';
import { renderEvent } from './run-watch.js';
import { renderWhy } from './run-why.js';
import { painter, plain, renderTable } from './table.js';

useUtc();

const bare = painter(false, {});
const NOW = 1_800_000_000;
/** But for the ends of lines. */
const CONTROL = /(?!\n)\p{C}/u;
const EVIL = 'x\u001b[2J\u0007\u202e\n203.0.113.1';

describe('a table', () => {
  it('has columns as wide as they have to be, and numbers to the right with their thousands', () => {
    const rows = [
      ['a', 1_234_567],
      ['longer', 7],
    ];
    expect(renderTable(['set', 'bans'], rows)).toBe(
      'set          bans\n' + 'a       1,234,567\n' + 'longer          7\n',
    );
  });

  it('lets nothing in a cell drive the terminal, turn the line or break it', () => {
    const text = renderTable(undefined, [[EVIL, 'next']]);
    expect(text).toBe('x\\u{1b}[2J\\u{7}\\u{202e}\\u{a}203.0.113.1  next\n');
    expect(plain('\u2028\ud800')).toBe('\\u{2028}\\u{d800}');
    expect(plain('grün 漢字 🙂')).toBe('grün 漢字 🙂');
  });

  it.each<[boolean, Record<string, string>, boolean]>([
    [true, {}, true],
    [false, {}, false],
    [true, { NO_COLOR: '1' }, false],
    [true, { NO_COLOR: '' }, true],
  ])('is coloured on a terminal (%s) unless NO_COLOR is set: %j', (isTerminal, env, isColoured) => {
    const head = renderTable(['set'], [['a']], painter(isTerminal, env));
    expect(head.startsWith('\u001b[2mset')).toBe(isColoured);
  });
});

it.each<[number, string]>([
  [0.4, 'just now'],
  [-3, '3 s ago'],
  [59, '59 s ago'],
  [61, '1 min ago'],
  [3600, '1 h ago'],
  [7500, '2 h 5 min ago'],
  [90_000, '1 d 1 h ago'],
])('tells an age of %d s as %s', (seconds, text) => {
  expect(describeAge(seconds)).toBe(text);
});

const report: NodeReport = {
  ...{ node: 'fw1', version: '0.4.0', backend: 'nftables', keeper: false },
  ...{ startedAt: NOW - 7500, now: NOW },
  broker: {
    state: 'connected',
    address: 'broker.example:8883',
    since: NOW - 60,
    lagMs: 3.4,
    connections: 1,
  },
  sets: [
    {
      ...{ set: 'blacklist', state: 'ready', bans: 1204, pending: 1, waiting: 0, refused: 3 },
      ...{ refusals: [], drift: { added: 0, deleted: 0 }, type: 'hash:net', family: 'ipv4' },
      ...{ entries: 1203, maxEntries: 65_536, references: 2 },
      dropped: { packets: 48_211, bytes: 2_890_000 },
    },
    {
      ...{ set: 'other', state: 'ready', bans: 0, pending: 0, waiting: 0, refused: 0 },
      ...{ drift: { added: 0, deleted: 0 }, refusals: [], references: 1 },
    },
    {
      ...{ set: 'idle', state: 'ready', bans: 0, pending: 0, waiting: 0, refused: 0, refusals: [] },
      ...{ drift: { added: 0, deleted: 0 }, type: 'hash:ip', family: 'ipv4', entries: 0 },
      references: 0,
    },
    {
      ...{ set: 'gone', state: 'missing', detail: 'set gone does not exist' },
      ...{ bans: 4, pending: 4, waiting: 0, refused: 0, refusals: [] },
      drift: { added: 0, deleted: 0 },
    },
  ],
  ledgers: [
    {
      ...{ topic: 'blacklist', set: 'blacklist', digest: '0', heard: true, differing: 1 },
      ...{ taken: 2, given: 0, agreedAtUnix: NOW - 12 },
    },
  ] as unknown as NodeReport['ledgers'],
  lastMessageAt: NOW - 3,
  lastRepairAt: NOW - 86_400,
  latest: [
    {
      ...{ id: 1, time: '2027-01-15T07:59:57.000Z', level: 'info', event: 'banned' },
      message: `banned 203.0.113.7 by ${EVIL}`,
    },
  ],
  attention: [
    { level: 'critical', message: 'set gone does not exist', remedy: 'ipset create gone hash:net' },
    { level: 'warning', message: EVIL },
  ],
};

describe('vallumd status', () => {
  it('is one screen', () => {
    expect(renderStatus(report, NOW, bare)).toBe(
      [
        'fw1  vallumd 0.4.0, nftables, up 2 h 5 min',
        'broker        connected broker.example:8883 for 1 min, 3.4 ms there and back',
        'last message  3 s ago',
        'other nodes   agreed 12 s ago, 1 differs',
        'last repair   1 d ago',
        '',
        'set         bans  pending  refused  room    rules  dropped          state',
        'blacklist  1,204        1        3  64,333      2  48,211 (2.9 MB)  ready',
        'other          0        0        0              1  not known        ready',
        'idle           0        0        0              0                   ready, but no rule refers to it',
        'gone           4        4        0                                  set gone does not exist',
        '',
        'latest',
        '  2027-01-15 07:59:57 UTC  banned 203.0.113.7 by x\\u{1b}[2J\\u{7}\\u{202e}\\u{a}203.0.113.1',
        '',
        'needs a hand',
        '  critical  set gone does not exist',
        '    → ipset create gone hash:net',
        '  warning   x\\u{1b}[2J\\u{7}\\u{202e}\\u{a}203.0.113.1',
        '',
      ].join('\n'),
    );
  });

  it('says why there is no broker, and that nothing was compared', () => {
    const text = renderStatus(
      {
        ...report,
        ...{ ledgers: [], latest: [], attention: [], sets: [] },
        broker: {
          state: 'disconnected',
          detail: 'connection refused',
          since: NOW - 5,
          connections: 1,
        },
      },
      NOW,
      bare,
    );
    expect(text).toContain('broker        disconnected for 5 s: connection refused\n');
    expect(text).toContain('other nodes   not compared with (--no-repair)\n');
  });

  it('tells of a journal only what a journal can tell', () => {
    const text = renderStatus({ ...report, node: '', latest: [], attention: [] }, NOW, bare);
    expect(text).not.toMatch(/broker|ready|65/);
    expect(text).toContain('blacklist  1,204');
  });
});

describe('vallumd why', () => {
  const explanation = {
    address: '203.0.113.7',
    blocked: true,
    standings: [
      {
        ...{ set: 'blacklist', address: '203.0.113.7', relation: 'same', until: NOW + 600 },
        enforcement: { state: 'enforced', kernelSet: 'blacklist' },
        records: [
          {
            ...{ set: 'blacklist', address: '203.0.113.7', origin: 'web1.sshd', kind: 'lease' },
            ...{ live: true, ownStamp: false, stampMs: (NOW - 61) * 1000, until: NOW + 600 },
            reason: EVIL,
          },
        ],
      },
      {
        ...{ set: 'blacklist', address: '203.0.113.0/24', relation: 'around', until: 'never' },
        topics: ['site/a/blacklist', EVIL],
        enforcement: { state: 'refused', code: 'protected', detail: `of ${EVIL}` },
        records: [
          {
            ...{ set: 'blacklist', address: '203.0.113.0/24', origin: '', kind: 'lease' },
            ...{ live: true, ownStamp: true, stampMs: (NOW - 5) * 1000, until: 'never' },
          },
        ],
      },
    ],
    more: 1200,
  } as unknown as Explanation;

  it('tells who, since when, until when, why, and what is done about it', () => {
    const text = renderWhy(explanation, NOW, bare, true);
    expect(text).not.toMatch(CONTROL);
    expect(text).toMatch(/^203\.0\.113\.7 is blocked here\n/);
    expect(text).toMatch(/web1\.sshd +ban +2027-01-15 07:58:59 UTC \(1 min ago\)/);
    expect(text).toMatch(/2027-01-15 08:10:00 UTC \(in 10 min\)/);
    expect(text).toMatch(/\(anonymous\) +ban +.*5 s ago, as received\) +for ever/);
    expect(text).toContain(
      '203.0.113.0/24 in blacklist, by topic site/a/blacklist or x\\u{1b}[2J\\u{7}\\u{202e}\\u{a}203.0.113.1, which it lies in: not enforced here: of x',
    );
    expect(text).toContain('and 1,200 more inside');
  });

  it('does not claim to know what is enforced where no vallumd runs', () => {
    const text = renderWhy(explanation, NOW, bare, false);
    expect(text).toContain('whether they are enforced only a running vallumd knows');
    expect(text).not.toContain('is blocked here');
  });
});

describe('vallumd fleet', () => {
  const set = { set: 'blacklist', state: 'ready', bans: 1204, pending: 0, refused: 0 };
  const up = { state: 'up', lastSeen: NOW, sets: [] } as const;

  it('tells who is there, who is behind, who is down since when, and when each was heard', () => {
    const nodes: FleetRow[] = [
      {
        ...{ ...up, node: 'fw1', version: '0.4.0', backend: 'ipset', startedAt: NOW - 7500 },
        ...{
          answeredMs: 2.34,
          sets: [
            { ...set, digest: '5f1c09aa7d3e4b20', agrees: true },
            { ...set, set: 'blacklist6' },
          ],
        },
        needs: { critical: 1, warning: 1 },
      },
      { ...up, node: 'fw2', answeredMs: 480, sets: [{ ...set, agrees: false, more: -1200 }] },
      { ...up, node: 'fw3', sets: [{ ...set, agrees: false, more: 3 }] },
      { ...up, node: 'fw4', sets: [{ ...set, agrees: false, more: 0, state: 'ready' }] },
      { ...up, node: 'fw5', sets: [{ ...set, state: 'missing', agrees: true }] },
      { node: 'fw6', state: 'offline', version: '0.4.0', since: NOW - 90, sets: [] },
      {
        ...{ node: 'fw7', state: 'stopped', since: NOW - 3600, sinceAtLeast: true },
        ...{ lastSeen: NOW - 4000, sets: [] },
      },
      { node: 'fw8', state: 'silent', lastSeen: NOW - 5, sets: [] },
      { node: 'fw9', state: 'unknown', lastSeen: NOW - 86_400, sets: [] },
      { node: 'fw10', state: 'offline', sets: [] },
    ];
    expect(renderFleet({ nodes }, NOW, bare)).toBe(
      [
        'node  version  backend  up         set          bans  digest    pending  refused  lag     last seen        state',
        'fw1   0.4.0    ipset    2 h 5 min  blacklist   1,204  5f1c09aa        0        0  2.3 ms  now              agrees, 2 need a hand',
        '                                   blacklist6  1,204                  0        0                           ready',
        'fw2   ?        ?                   blacklist   1,204                  0        0  480 ms  now              behind by 1,200',
        'fw3   ?        ?                   blacklist   1,204                  0        0          now              ahead by 3',
        'fw4   ?        ?                   blacklist   1,204                  0        0          now              differs',
        'fw5   ?        ?                   blacklist   1,204                  0        0          now              missing',
        'fw6   0.4.0                                                                               not since start  offline for 1 min',
        'fw7                                                                                       1 h 6 min ago    stopped for at least 1 h',
        'fw8                                                                                       5 s ago          connected, did not answer',
        'fw9                                                                                       1 d ago          unknown',
        'fw10                                                                                      not since start  offline',
        '',
      ].join('\n'),
    );
  });

  it('takes what a node did not tell for not well', () => {
    const nodes: FleetRow[] = [
      { ...up, node: 'fw9', sets: [set] },
      { ...up, node: 'none' },
    ];
    expect(renderFleet({ nodes }, NOW, bare)).toMatch(/^fw9 .* ready\nnone .* without sets$/m);
  });

  it('shows names from elsewhere so that they drive no terminal', () => {
    const nodes: FleetRow[] = [
      { ...up, node: EVIL, version: EVIL, sets: [{ ...set, set: EVIL, state: EVIL }] },
    ];
    expect(renderFleet({ nodes, trouble: EVIL }, NOW, bare)).not.toMatch(CONTROL);
  });

  it('says why there are no others', () => {
    const nodes: FleetRow[] = [{ ...up, node: 'fw1', sets: [{ ...set, agrees: true }] }];
    expect(renderFleet({ nodes }, NOW, bare)).toMatch(
      /^fw1 .*\nno node answered: the broker has to let nodes read TOPIC\/ask/m,
    );
    // Alone, and well.
    const heard = nodes.map((node) => ({ ...node, answeredMs: 3 }));
    expect(renderFleet({ nodes: heard }, NOW, bare)).toMatch(/agrees\n$/);
    expect(renderFleet({ nodes, trouble: 'the broker is away' }, NOW, bare)).toMatch(
      /^fw1 .*\nthe others cannot be asked: the broker is away\n$/m,
    );
  });
});

it('shows what happens with its time, and complaints in colour', () => {
  const event: FeedEvent = {
    ...{ id: 1, time: '2027-01-15T08:00:00.000Z', level: 'warning', event: 'refused' },
    message: `refused ${EVIL}`,
  };
  const shown = renderEvent(event, painter(true, {}));
  expect(shown).toBe(
    '\u001b[2m2027-01-15 08:00:00 UTC\u001b[0m  ' +
      '\u001b[33mrefused x\\u{1b}[2J\\u{7}\\u{202e}\\u{a}203.0.113.1\u001b[0m',
  );
  expect(describeSpan(0)).toBe('now');
});
