import { describe, expect, it } from '@jest/globals';
import type { AddressText, Report, SetInfo } from '@vallum/core';
import type { SetName } from '@vallum/core/protocol';
import { announce, type AnnounceOptions } from './announce.js';
import { HoldBack } from './hold-back.js';
import type { LogEntry } from './log.js';

const set = 'blacklist' as SetName;
const via = 'blacklist/add';

function setUp(options: Partial<Pick<AnnounceOptions, 'entries' | 'creating' | 'manner'>> = {}) {
  const lines: LogEntry[] = [];
  const write = (entry: LogEntry) => lines.push(entry);
  const time = { nowMs: 0 };
  const holdBack = new HoldBack({ write, nowMs: () => time.nowMs, windowMs: 60_000 });
  const listeners = announce({
    ...{ write, holdBack, entries: 'few', manner: 'enforces', creating: () => false },
    ...options,
  });
  return { lines, time, holdBack, listeners, texts: () => lines.map(({ message }) => message) };
}

const rejected = (line: number): Report => ({
  ...{ outcome: 'rejected', code: 'bad-address', via, place: 'line 1' },
  ...{ input: `x${line}`, detail: 'no address' },
});
const refused = (code: 'protected' | 'too-many-origins'): Report => ({
  ...{ outcome: 'refused', code, detail: 'no', via, set, address: '192.0.2.7' as AddressText },
});
const failed = (code: 'set-full' | 'unstorable'): Report => ({
  ...{ outcome: 'failed', action: 'ban', code, detail: 'no', willRetry: true },
  ...{ via, set, address: '192.0.2.7' as AddressText },
});

describe('what is told of entries', () => {
  it('is 20 of a code in a minute by name, then how many more there were', () => {
    const { listeners, lines, time, holdBack, texts } = setUp();
    for (let line = 1; line <= 100_000; line += 1) listeners.report?.(rejected(line));
    listeners.report?.(refused('protected'));
    expect(lines).toHaveLength(21);
    time.nowMs = 60_000;
    holdBack.flush();
    expect(texts().slice(21)).toEqual([
      '99980 more like this were not logged, the last: rejected "x100000": no address (via blacklist/add line 1)',
    ]);
  });

  it('counts each code of a refusal or failure by itself, and one that is of the set once', () => {
    const { listeners, lines } = setUp();
    for (let entry = 0; entry < 50; entry += 1) {
      listeners.report?.(refused('protected'));
      listeners.report?.(refused('too-many-origins'));
      listeners.report?.(failed('unstorable'));
      listeners.report?.(failed('set-full'));
    }
    expect(lines).toHaveLength(3 * 20 + 1);
  });

  it('is never held back of what was done', () => {
    const { listeners, lines } = setUp();
    for (let last = 1; last <= 100; last += 1) {
      listeners.report?.({
        ...{ outcome: 'banned', until: 'never', via, set },
        address: `192.0.2.${last}` as AddressText,
      });
    }
    expect(lines).toHaveLength(100);
  });

  it('is each of them where all were asked for', () => {
    const { listeners, lines } = setUp({ entries: 'all' });
    for (let line = 1; line <= 100; line += 1) {
      listeners.report?.(rejected(line));
      listeners.report?.(refused('protected'));
      listeners.report?.(failed('set-full'));
    }
    expect(lines).toHaveLength(300);
  });

  it('is a debug line of what was known already', () => {
    const { listeners, lines } = setUp();
    listeners.report?.({ outcome: 'repeated', via, set, address: '192.0.2.7' as AddressText });
    expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual(['debug repeated']);
  });

  it('is a line an outcome of a large message, at most 20 a minute of refusals', () => {
    const { listeners, lines, texts } = setUp();
    for (let message = 0; message < 100; message += 1) {
      listeners.summary?.({
        ...{ via, set, entries: 65_000 },
        outcomes: [
          { outcome: 'banned', count: 20, examples: [] },
          { outcome: 'refused', code: 'protected', count: 64_980, examples: [] },
          { outcome: 'failed', code: 'set-full', action: 'ban', count: 0, examples: [] },
        ],
      });
    }
    expect(lines).toHaveLength(100 + 20);
    expect(texts().slice(0, 2)).toEqual([
      'blacklist/add: 20 of 65,000 entries banned in blacklist',
      'blacklist/add: 64,980 of 65,000 entries refused in blacklist (protected)',
    ]);
  });
});

describe('what is told of a set', () => {
  const info: SetInfo = { set, type: 'hash:net', family: 'ipv4', entries: 3, references: 1 };

  it('names --create where it is missing', () => {
    const { listeners, texts } = setUp();
    listeners.set?.({ set, state: 'missing', detail: 'it does not exist' });
    expect(texts()).toEqual([
      'set blacklist cannot be used: it does not exist (or start vallumd with --create)',
    ]);
  });

  it('is only that it is made where --create is given', () => {
    const { listeners, texts } = setUp({ creating: () => true });
    listeners.set?.({ set, state: 'missing', detail: 'it does not exist' });
    expect(texts()).toEqual(['set blacklist does not exist and is created']);
  });

  it('warns of one that evicts', () => {
    const { listeners, lines, texts } = setUp();
    listeners.set?.({ set, state: 'ready', info: { ...info, evicts: true } });
    expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'info set-ready',
      'warning set-evicts',
    ]);
    expect(texts()[1]).toContain('made with forceadd');
    listeners.set?.({ set, state: 'ready', info });
    expect(lines).toHaveLength(3);
  });
});

describe('what is told of the connection', () => {
  it('adds to a failed connection what to type, and keeps the code for programs', () => {
    const { lines: entries, listeners } = setUp();
    listeners.connection?.({
      ...{ state: 'refused', detail: 'the certificate is not trusted', retryInMs: 4_500 },
      code: 'certificate-untrusted',
    });
    expect(entries).toMatchObject([
      {
        level: 'error',
        message:
          'not connected to the broker: the certificate is not trusted; --ca-file (-c) names the ' +
          "file of the authorities to trust, without it the system's count; next attempt in 5 s",
        fields: { detail: 'the certificate is not trusted', code: 'certificate-untrusted' },
      },
    ]);
  });
});

describe('what is told of a missing password', () => {
  it('is where the service has it from', () => {
    const { listeners, texts } = setUp();
    listeners.connection?.({
      ...{ state: 'refused', code: 'password-missing' },
      detail: 'mqtt://broker:1883 refused user "fw1", and no password was given',
    });
    expect(texts()).toEqual([
      'not connected to the broker: mqtt://broker:1883 refused user "fw1", and no password was given; ' +
        'give it with --password-file; as a service vallumd takes it from its credential ' +
        'mqtt-password, which a start by hand does not have',
    ]);
  });
});

describe('what is told of repair', () => {
  const banned = (index: number, from: string): Report => ({
    ...{ outcome: 'banned', until: 'never', via: from, set },
    address: `10.0.${index >> 8}.${index & 255}` as AddressText,
  });

  it('names the first bans that were missed, and counts the rest; live ones are all told', () => {
    const { listeners, texts, holdBack } = setUp();
    for (let index = 0; index < 500; index += 1) listeners.report?.(banned(index, 'repair'));
    for (let index = 0; index < 50; index += 1) listeners.report?.(banned(index, via));
    holdBack.flush(true);
    const told = texts();
    expect(told.filter((text) => text.includes('via repair)')).length).toBe(21);
    expect(told.filter((text) => text.includes('via blacklist/add)')).length).toBe(50);
    expect(told.join('\n')).toContain('480 more like this were not logged');
  });

  it('is what the broker has to allow, where this node does not hear itself', () => {
    const { listeners, lines } = setUp();
    listeners.echo?.('blacklist/sync', 'unheard');
    listeners.echo?.('blacklist/sync', 'heard');
    listeners.repair?.('silent');
    listeners.subscription?.('vallumd/fw1/sync', { refused: 'not authorized' });
    listeners.subscription?.('vallumd/fw1/sync', 'granted');
    expect(lines.map(({ level, event }) => `${level} ${event}`)).toEqual([
      'warning repair-forbidden',
      'info repair-allowed',
      'warning repair-forbidden',
      'warning repair-forbidden',
    ]);
    expect(lines[0]?.message).toContain('mosquitto: topic readwrite blacklist/sync');
    expect(lines[3]?.message).toContain('mosquitto: topic read vallumd/fw1/sync');
  });

  it('claims no ban where nothing is enforced', () => {
    const { listeners, texts } = setUp({ manner: 'remembers' });
    listeners.report?.(banned(1, via));
    listeners.report?.({ ...banned(1, via), outcome: 'unbanned', absent: false } as Report);
    listeners.summary?.({
      ...{ via, set, entries: 101 },
      outcomes: [{ outcome: 'banned', action: 'ban', count: 101, examples: [] }],
    });
    for (const text of texts()) expect(text).toContain('noted');
  });

  it('claims no ban in a dry run, neither to people nor to programs', () => {
    const { listeners, lines, texts } = setUp({ manner: 'pretends' });
    listeners.report?.(banned(1, via));
    listeners.report?.({ ...banned(1, via), outcome: 'unbanned', absent: false } as Report);
    listeners.report?.({ ...banned(1, via), outcome: 'ended' } as Report);
    listeners.report?.({ ...banned(1, via), outcome: 'held', holders: ['web1'] } as Report);
    listeners.summary?.({
      ...{ via, set, entries: 101 },
      outcomes: [{ outcome: 'banned', action: 'ban', count: 101, examples: [banned(1, via)] }],
    });
    listeners.reconciled?.({ set, adopted: 1, added: 2, deleted: 0, failed: 0 });
    for (const text of texts()) expect(text).toContain('would');
    expect(lines.map(({ event }) => event)).toEqual([
      ...['would-ban', 'would-unban', 'would-unban', 'would-keep'],
      ...['summary', 'reconciled'],
    ]);
    expect(lines[4]?.fields).toMatchObject({ outcome: 'would-ban' });
    expect(texts().join('\n')).not.toMatch(/(?<!would be )banned/);
  });
});

describe('what is told of a protect list that the broker keeps from the node', () => {
  it('is said once, until it is granted', () => {
    const { listeners, lines } = setUp();
    const filter = 'vallum/protect/#';
    for (const outcome of [
      { refused: 'no' },
      { refused: 'no' },
      'granted',
      { refused: 'no' },
    ] as const) {
      listeners.subscription?.(filter, outcome);
    }
    listeners.echo?.('vallum/protect/sync', 'unheard');
    expect(lines.map(({ event }) => event)).toEqual([
      ...['protect-forbidden', 'subscribed', 'protect-forbidden', 'protect-forbidden'],
    ]);
    expect(lines[0]?.message).toMatch(
      /topic readwrite vallum\/protect\/#, or give --no-protect-fleet/,
    );
  });
});
