import { describe, expect, it } from '@jest/globals';
import type { VallumStatus } from '@vallum/core';
import { createFakeClock } from '@vallum/core/testing';
import type { LogEntry } from '../log.js';
import { Contact, type ContactOptions } from './contact.js';
import { NO_CONTACT, readContactRecord, type ContactRecord } from './contact-record.js';

type Ledgers = VallumStatus['ledgers'];

function setUp(kept?: Partial<ContactRecord>, more: Partial<ContactOptions> = {}) {
  const clock = createFakeClock();
  const log: LogEntry[] = [];
  const keptRecords: ContactRecord[] = [];
  const contact = new Contact({
    ...{ clock, repair: true, isOwnBroker: false, changed: () => undefined },
    write: (entry) => log.push(entry),
    kept: kept && { ...NO_CONTACT, ...kept },
    keep: async (record) => void keptRecords.push(record),
    ...more,
  });
  const nowUnix = () => Math.floor(clock.nowMs() / 1000);
  return {
    ...{ clock, log, keptRecords, contact, nowUnix },
    connect(sessionPresent: boolean) {
      contact.connection({
        ...{ state: 'connected', sessionPresent, protocolVersion: 5, brokerAddresses: [] },
      });
    },
    disconnect() {
      contact.connection({ state: 'disconnected', detail: 'gone' });
    },
    ledger(taken: number, agreedAtUnix?: number) {
      contact.ledgers([{ taken, agreedAtUnix }] as unknown as Ledgers);
    },
    missed: () => contact.record.missed,
  };
}

describe('contact with the broker', () => {
  it('is new once: a session that never was is not missed', () => {
    const { connect, log, missed, ledger } = setUp();
    connect(false);
    ledger(5_000);
    expect({ log, missed: missed() }).toEqual({ log: [], missed: [] });
  });

  it('tells a session that was not kept, and when it began to be missed', () => {
    const { clock, connect, disconnect, log, missed, nowUnix } = setUp();
    connect(false);
    clock.advance(5_000);
    disconnect();
    const from = nowUnix();
    clock.advance(30_000);
    connect(false);
    expect(missed()).toEqual([{ why: 'session', from, until: from + 30, taken: 0 }]);
    expect(log).toMatchObject([
      {
        level: 'warning',
        event: 'missed',
        message: expect.stringMatching(/not kept.* between \d{4}-\d\d-\d\d /),
      },
    ]);
  });

  it('remembers from an earlier life, where that was killed too', () => {
    const first = setUp();
    first.connect(false);
    first.clock.advance(150_000);
    return Promise.resolve().then(async () => {
      await new Promise((resolve) => setImmediate(resolve));
      const last = first.keptRecords.at(-1)!;
      expect(first.nowUnix() - last.seen!).toBeLessThanOrEqual(60);
      const second = setUp(last);
      second.connect(false);
      expect(second.missed()).toHaveLength(1);
    });
  });

  it('has nothing to say of a session that was kept', () => {
    const { connect, disconnect, log, missed } = setUp({ seen: 1 });
    connect(true);
    disconnect();
    connect(true);
    expect({ log, missed: missed() }).toEqual({ log: [], missed: [] });
  });

  it('expects nothing of a broker that is this process', () => {
    const { connect, log } = setUp({ seen: 1 }, { isOwnBroker: true });
    connect(false);
    expect(log).toEqual([]);
  });

  it('notices what a kept session had not brought by what other nodes had', () => {
    const { clock, connect, disconnect, ledger, log, missed, nowUnix } = setUp();
    connect(false);
    ledger(100, nowUnix());
    clock.advance(1_000);
    disconnect();
    const from = nowUnix();
    clock.advance(60_000);
    connect(true);
    ledger(110);
    clock.advance(2_000);
    ledger(112);
    expect(log).toEqual([]);
    clock.advance(10_000);
    ledger(112);
    expect(log).toHaveLength(1);
    expect(log[0]!.message).toMatch(/^12 bans or unbans sent between .* did not come as messages/);
    expect(missed()).toMatchObject([{ why: 'messages', from, taken: 12 }]);
    ledger(112, nowUnix());
    expect(missed()[0]!.agreed).toBe(nowUnix());
  });

  it('counts what makes up for a session, and when all of it was there', () => {
    const { clock, connect, ledger, log, missed, nowUnix } = setUp({ seen: 1 });
    connect(false);
    ledger(3, nowUnix() - 100);
    clock.advance(1_000);
    ledger(7, nowUnix());
    expect(missed()).toMatchObject([{ why: 'session', taken: 7, agreed: nowUnix() }]);
    expect(log).toHaveLength(1);
  });

  it('says what follows without repair', () => {
    const { connect, log } = setUp({ seen: 1 }, { repair: false });
    connect(false);
    expect(log[0]!.message).toMatch(/nobody makes up for it/);
  });

  it('forgets what the administrator knows, and all but the last few', () => {
    const { connect, missed, contact } = setUp({ seen: 1 });
    for (let count = 0; count < 20; count += 1) connect(false);
    expect(missed()).toHaveLength(8);
    contact.acknowledge();
    expect(missed()).toEqual([]);
  });

  it('notes when something came, to the minute', () => {
    const { contact, nowUnix } = setUp();
    contact.received('blacklist');
    expect(contact.record.received['blacklist']).toBe(Math.floor(nowUnix() / 60) * 60);
  });

  it('works where nothing can be kept, and says so once', async () => {
    const { contact, log } = setUp(undefined, {
      keep: () => Promise.reject(new Error('disk full')),
    });
    contact.received('a');
    contact.received('b');
    await contact.stop();
    expect(log).toMatchObject([{ event: 'contact-not-kept' }]);
  });
});

describe('a record of contact', () => {
  it('is read back as it was, and of nonsense nothing is taken', () => {
    const record: ContactRecord = {
      ...{ connected: true, seen: 5, received: { a: 60 } },
      missed: [{ why: 'session', from: 1, until: 2, taken: 3, agreed: 4 }],
    };
    expect(readContactRecord(JSON.parse(JSON.stringify(record)))).toEqual(record);
    expect(readContactRecord('nonsense')).toBeUndefined();
    expect(
      readContactRecord({ seen: -1, received: { a: 'x' }, missed: [{ why: 'x' }, 7] }),
    ).toEqual(NO_CONTACT);
  });
});
