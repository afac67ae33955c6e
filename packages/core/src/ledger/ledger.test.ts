import { beforeEach, describe, expect, it } from '@jest/globals';
import { addressAt, addressColumns } from '../address/address-columns.js';
import * as outcomes from '../lease/outcome.js';
import { changesLedger } from '../lease/outcome.js';
import type { Register } from '../lease/register.js';
import { AS_THE_SET_SAYS, NEVER, NO_END_NAMED } from '../message/entry-columns.js';
import { EntryBatch } from '../message/entry-batch.js';
import type { SetName } from '../words/names.js';
import { Ledger, type LedgerLimits } from './ledger.js';
import { address, columnsOf, entriesOf } from './test-columns.js';

const SET = 'blacklist' as SetName;
const NOW = 1_795_000_000;
const ADDRESS = '192.0.2.7';

let ledger: Ledger;
let now: number;

beforeEach(() => {
  ledger = new Ledger();
  now = NOW;
});

function lease(terms: Partial<Register> = {}): Register {
  const asked = terms.asked ?? NOW + 600;
  return {
    ...{ kind: 'lease', origin: 'web1', stamp: 1000 * NOW, ownStamp: false, asked, until: asked },
    ...{ reason: '', keepUntil: 0 },
    ...terms,
  };
}

function unban(terms: Partial<Register> = {}): Register {
  return lease({ kind: terms.origin === '' ? 'sweep' : 'withdrawal', asked: 0, ...terms });
}

/** @returns the outcome's name */
function merge(register: Register, text = ADDRESS, into = ledger, set = SET): string {
  const { family } = address(text);
  const outcome = new Uint8Array(1);
  const columns = columnsOf(family, [{ address: address(text), register }]);
  into.page(set, family).merge(columns, 0, 1, 1000 * now, outcome, new Int32Array(1));
  return nameOf(outcome[0]!);
}

function nameOf(outcome: number): string {
  return Object.entries(outcomes).find(([, value]) => value === outcome)![0];
}

function rowOf(text = ADDRESS): number {
  const { family } = address(text);
  const { words, prefixLengths } = addressColumns(family, [address(text)]);
  return ledger.page(SET, family).find(words, 0, prefixLengths[0]!);
}

function end(text = ADDRESS): number {
  return ledger.page(SET, address(text).family).end(rowOf(text));
}

/** Lets time pass. @returns whose bans have ended */
function waitUntil(unix: number): string[] {
  now = unix;
  const ended: string[] = [];
  for (const page of ledger.pages()) {
    for (let due; (due = page.takeDue(1000 * now, 2)) !== undefined;) {
      for (let index = 0; index < due.length; index++) ended.push(addressAt(due, index).text);
    }
  }
  return ended;
}

describe('what became of an entry', () => {
  it.each<[string, Register[], Register, string]>([
    ['a lease of what was not banned', [], lease(), 'ADDED'],
    ['a lease beside that of another origin', [lease()], lease({ origin: 'web2' }), 'ADDED'],
    ['a later end', [lease()], lease({ stamp: 1000 * NOW + 1, asked: NEVER }), 'RENEWED'],
    ['another reason', [lease()], lease({ stamp: 1000 * NOW + 1, reason: 'ssh' }), 'REWORDED'],
    ['the same end, asked for later', [lease()], lease({ stamp: 1000 * NOW + 1 }), 'REPEATED'],
    [
      'no end, asked for later',
      [lease({ asked: AS_THE_SET_SAYS })],
      lease({ asked: AS_THE_SET_SAYS, stamp: 1000 * NOW + 1 }),
      'REPEATED_AS_THE_SET_SAYS',
    ],
    [
      'no end, after one',
      [lease()],
      lease({ asked: AS_THE_SET_SAYS, stamp: 1000 * NOW + 1 }),
      'RENEWED',
    ],
    ['the same once more', [lease()], lease(), 'EQUAL'],
    [
      'an older one that would end sooner',
      [lease()],
      lease({ stamp: 1, asked: NOW + 1 }),
      'OLDER_NOTED',
    ],
    [
      'an older one, again',
      [lease(), lease({ stamp: 1, asked: NOW + 1 })],
      lease({ stamp: 1, asked: NOW + 1 }),
      'OLDER',
    ],
    ['a withdrawal', [lease()], unban({ stamp: 1000 * NOW + 1 }), 'ADDED'],
    ['a withdrawal at the same moment', [lease()], unban(), 'ADDED'],
    ['a withdrawal of another origin', [lease()], unban({ origin: 'web2' }), 'NOT_HELD'],
    ['a withdrawal that is older', [lease()], unban({ stamp: 1 }), 'OLDER'],
    ['a withdrawal twice', [lease(), unban()], unban(), 'EQUAL'],
    ['a lease that was withdrawn', [lease(), unban()], lease(), 'DEAD'],
    ['a lease that would have been', [unban()], lease({ stamp: 1 }), 'DEAD_NOTED'],
    ['a lease after its withdrawal', [lease(), unban()], lease({ stamp: 1000 * NOW + 1 }), 'ADDED'],
    ['a sweep', [lease()], unban({ origin: '' }), 'ADDED'],
    ['a sweep of what was not banned', [], unban({ origin: '' }), 'NOT_HELD'],
    ['a sweep of younger leases alone', [lease()], unban({ origin: '', stamp: 1 }), 'NOT_HELD'],
    ['a lease that was swept', [lease(), unban({ origin: '' })], lease(), 'DEAD'],
    ['a withdrawal that was swept', [unban({ origin: '' })], unban({ stamp: 1 }), 'OLDER'],
    ['a lease that ended before it came', [], lease({ asked: NOW - 1 }), 'ADDED'],
  ])('%s', (_, before, entry, outcome) => {
    for (const register of before) merge(register);
    expect(merge(entry)).toBe(outcome);
  });

  it('belongs in the journal where it changes what is known', () => {
    const names = Object.entries(outcomes).filter(([, value]) => typeof value === 'number');
    const changing = names
      .filter(([, value]) => changesLedger(value as number))
      .map(([name]) => name);
    expect(changing.sort()).toEqual([
      'ADDED',
      'ADDED_OUSTING',
      'DEAD_NOTED',
      'NOT_HELD',
      'OLDER_NOTED',
      'RENEWED',
      'REPEATED',
      'REPEATED_AS_THE_SET_SAYS',
      'REWORDED',
    ]);
  });
});

describe('a ban', () => {
  it('lasts until its longest lease ends', () => {
    merge(lease({ asked: NOW + 600 }));
    merge(lease({ asked: NOW + 900, origin: 'web2' }));
    expect(end()).toBe(NOW + 900);
    expect(waitUntil(NOW + 600)).toEqual([]);
    expect(end()).toBe(NOW + 900);
    expect(ledger.size).toMatchObject({ registers: 1, leases: 1, bans: 1 });
    expect(waitUntil(NOW + 899.9)).toEqual([]);
    expect(waitUntil(NOW + 900)).toEqual([ADDRESS]);
    expect(rowOf()).toBe(-1);
    expect(ledger.size).toEqual({ registers: 0, leases: 0, bans: 0, origins: 0, reasons: 0 });
    expect(ledger.nextDueUnix).toBeUndefined();
  });

  it('of a lease without an end never ends', () => {
    merge(lease({ asked: NEVER }));
    expect(end()).toBe(NEVER);
    expect(ledger.nextDueUnix).toBeUndefined();
  });

  it('of a lease as the set says ends when the set is known', () => {
    merge(lease({ asked: AS_THE_SET_SAYS }));
    expect(end()).toBe(NEVER);
    const page = ledger.page(SET, 'ipv4');
    const changed = page.settleDefault(300, 1000 * NOW, 100)!;
    expect(addressAt(changed, 0).text).toBe(ADDRESS);
    expect(page.settleDefault(300, 1000 * NOW, 100)).toBeUndefined();
    expect(end()).toBe(NOW + 300);
    // From now on it is known at once.
    merge(lease({ asked: AS_THE_SET_SAYS }), '192.0.2.8');
    expect(end('192.0.2.8')).toBe(NOW + 300);
    expect(waitUntil(NOW + 300)).toEqual([ADDRESS, '192.0.2.8']);
  });

  it('of an address and that of a prefix around it are two', () => {
    merge(lease(), '192.0.2.0');
    merge(lease({ asked: NEVER }), '192.0.2.0/24');
    expect(ledger.size.bans).toBe(2);
    expect(end('192.0.2.0')).toBe(NOW + 600);
    expect(end('192.0.2.0/24')).toBe(NEVER);
  });

  it('shows its leases, those that live first and the longest of them first', () => {
    merge(lease({ asked: NEVER, origin: 'ended', stamp: 1000 * NOW - 2 }));
    merge(lease({ asked: NOW + 100, origin: 'ended', stamp: 1000 * NOW - 1 }));
    merge(lease({ asked: NOW + 600, reason: 'ssh' }));
    merge(lease({ asked: AS_THE_SET_SAYS, origin: '', ownStamp: true }));
    waitUntil(NOW + 100);
    const stamp = 1000 * NOW;
    expect(ledger.page(SET, 'ipv4').leases(rowOf())).toEqual([
      { origin: '', until: 'default', stamp, ownStamp: true },
      { origin: 'web1', until: NOW + 600, reason: 'ssh', stamp, ownStamp: false },
      { origin: 'ended', until: NOW + 100, stamp: stamp - 1, ownStamp: false },
    ]);
  });

  it('comes back to life when the clock was wrong that ended it, and the lease comes again', () => {
    merge(lease({ asked: NEVER, stamp: 1 }));
    merge(lease());
    expect(waitUntil(NOW + 7200)).toEqual([ADDRESS]);
    now = NOW;
    expect(merge(lease())).toBe('EQUAL');
    expect(end()).toBe(NOW + 600);
    expect(ledger.size.bans).toBe(1);
  });
});

describe('what has ended', () => {
  it('is remembered while an older message could bring it back', () => {
    merge(lease({ asked: NOW + 900 }));
    merge(unban({ stamp: 1000 * NOW + 1 }));
    waitUntil(NOW + 899);
    expect(merge(lease({ asked: NOW + 900 }))).toBe('DEAD');
    expect(end()).toBe(0);
    waitUntil(NOW + 900);
    expect(ledger.size.registers).toBe(0);
  });

  it('is remembered for 30 days where it had no end or was never seen', () => {
    merge(lease({ asked: NEVER }));
    merge(unban({ origin: '' }));
    merge(unban(), '192.0.2.8');
    waitUntil(NOW + 30 * 86_400 - 1);
    expect(ledger.size.registers).toBe(2);
    waitUntil(NOW + 30 * 86_400);
    expect(ledger.size.registers).toBe(0);
  });
});

describe('bounds', () => {
  const bounded = (limits: LedgerLimits): void => {
    ledger = new Ledger({ limits });
  };

  it('let an address have 64 leases and withdrawals, those that were asked for last', () => {
    for (let index = 0; index < 64; index++) {
      merge(lease({ origin: `o${index}`, stamp: 1000 * NOW + index }));
    }
    expect(merge(lease({ origin: 'older', stamp: 1000 * NOW - 1 }))).toBe('TOO_MANY_LEASES');
    expect(merge(lease({ origin: 'o0', stamp: 1000 * NOW + 99 }))).toBe('REPEATED');
    expect(merge(lease({ origin: 'younger', stamp: 1000 * NOW + 99 }))).toBe('ADDED_OUSTING');
    const kept = ledger.page(SET, 'ipv4').leases(rowOf());
    expect(kept).toHaveLength(64);
    expect(kept.map(({ origin }) => origin)).not.toContain('o1');
    // Its sweep has a place of its own.
    expect(merge(unban({ origin: '', stamp: 1000 * NOW + 100 }))).toBe('ADDED');
    expect(ledger.size).toMatchObject({ registers: 1, bans: 0 });
  });

  it('take a message of 28,000 leases of one address in little time and room', () => {
    const batch = new EntryBatch('ipv4');
    for (let index = 0; index < 28_000; index++) {
      const terms = { origin: `o${index}`, until: NOW + 600, stamp: 1000 * NOW, reason: '' };
      batch.push(address(ADDRESS), { action: 0, flags: 0, ...terms, message: 0, place: 0 });
    }
    const became = new Uint8Array(batch.length);
    const page = ledger.page(SET, 'ipv4');
    page.merge(batch, 0, batch.length, 1000 * NOW, became, new Int32Array(batch.length));
    expect(ledger.size).toMatchObject({ registers: 64, origins: 64 });
    expect(became.filter((outcome) => outcome === outcomes.TOO_MANY_LEASES).length).toBeGreaterThan(
      0,
    );
    expect(page.byteLength).toBeLessThan(2_000_000);
  });

  it('refuse registers beyond so many in all, and still take what ends one', () => {
    bounded({ registers: 2 });
    merge(lease());
    merge(lease(), '2001:db8::7');
    expect(merge(lease(), '192.0.2.8')).toBe('TOO_MANY_IN_ALL');
    expect(rowOf('192.0.2.8')).toBe(-1);
    expect(merge(lease({ origin: 'web2' }))).toBe('TOO_MANY_IN_ALL');
    expect(merge(unban({ origin: '' }), '192.0.2.8')).toBe('NOT_REMEMBERED');
    expect(merge(lease({ asked: NEVER, stamp: 1000 * NOW + 1 }))).toBe('RENEWED');
    expect(merge(unban({ stamp: 1000 * NOW + 2 }))).toBe('ADDED');
    expect(merge(unban({ origin: '', stamp: 1000 * NOW + 3 }), '2001:db8::7')).toBe('ADDED');
    expect(ledger.size).toMatchObject({ registers: 2, bans: 0 });
  });

  it('refuse origins beyond so many, until one is free', () => {
    bounded({ origins: 2 });
    merge(lease({ origin: 'web1' }));
    merge(lease({ origin: 'web2', asked: NOW + 60 }), '192.0.2.8');
    expect(merge(lease({ origin: 'web3' }))).toBe('TOO_MANY_ORIGINS');
    expect(merge(unban({ origin: 'web3' }))).toBe('TOO_MANY_ORIGINS');
    expect(merge(lease({ origin: '' }))).toBe('ADDED');
    waitUntil(NOW + 60);
    expect(merge(lease({ origin: 'web3' }))).toBe('ADDED');
    expect(ledger.size.origins).toBe(2);
  });

  it('refuse reasons beyond so many, until one is free', () => {
    bounded({ reasons: 1 });
    merge(lease({ reason: 'ssh' }));
    expect(merge(lease({ reason: 'http', origin: 'web2' }))).toBe('TOO_MANY_REASONS');
    expect(merge(lease({ reason: 'http', stamp: 1000 * NOW + 1 }))).toBe('TOO_MANY_REASONS');
    expect(merge(lease({ origin: 'web2' }))).toBe('ADDED');
    merge(unban());
    expect(merge(lease({ reason: 'http', origin: 'web2', stamp: 1000 * NOW + 1 }))).toBe(
      'REWORDED',
    );
  });

  it('remember unbans of what was never seen up to so many, and others beyond', () => {
    bounded({ unseenWithdrawals: 2 });
    expect(merge(unban(), '192.0.2.1')).toBe('NOT_HELD');
    expect(merge(unban({ origin: '' }), '192.0.2.2')).toBe('NOT_HELD');
    expect(merge(unban(), '192.0.2.3')).toBe('NOT_REMEMBERED');
    expect(rowOf('192.0.2.3')).toBe(-1);
    merge(lease(), '192.0.2.3');
    expect(merge(unban(), '192.0.2.3')).toBe('ADDED');
    // What the first withdrawal ended has come to be known: it makes room.
    merge(lease({ stamp: 1 }), '192.0.2.1');
    expect(merge(unban(), '192.0.2.4')).toBe('NOT_HELD');
  });

  it('leave a set its own room that has bounds of its own', () => {
    const APART = 'apart' as SetName;
    ledger = new Ledger({
      limits: { registers: 3, origins: 2, reasons: 1, unseenWithdrawals: 0 },
      apart: new Map([[APART, { registers: 2, unseenWithdrawals: 1 }]]),
    });
    const mergeApart = (register: Register, text: string) => merge(register, text, ledger, APART);
    expect(merge(lease({ reason: 'ssh' }), '192.0.2.1')).toBe('ADDED');
    expect(merge(lease({ origin: 'web2' }), '192.0.2.2')).toBe('ADDED');
    expect(merge(lease({ origin: 'web3' }), '192.0.2.3')).toBe('TOO_MANY_ORIGINS');
    expect(merge(lease(), '192.0.2.3')).toBe('ADDED');
    expect(merge(lease(), '192.0.2.4')).toBe('TOO_MANY_IN_ALL');
    expect(mergeApart(lease({ origin: 'web3', reason: 'office' }), '192.0.2.3')).toBe('ADDED');
    expect(mergeApart(unban({ origin: 'web4' }), '192.0.2.5')).toBe('NOT_HELD');
    expect(mergeApart(lease(), '192.0.2.6')).toBe('TOO_MANY_IN_ALL');
    expect(ledger.size).toEqual({ registers: 5, leases: 4, bans: 4, origins: 4, reasons: 2 });
  });

  it.each<LedgerLimits>([{ origins: 65_536 }, { registers: -1 }, { reasons: 1.5 }])(
    'are refused where the ledger cannot count to them: %j',
    (limits) => {
      expect(() => new Ledger({ limits })).toThrow(
        expect.objectContaining({ code: 'INVALID_ARGUMENT' }),
      );
    },
  );
});

describe('a clock that was ahead and is set back', () => {
  const HOURS = 7_200;
  const setBack = () => {
    now -= HOURS;
    for (const page of ledger.pages()) page.stepBack(1000 * now, 1000 * HOURS);
  };

  it('finds a lease that is remembered alive again, where it had ended by it', () => {
    merge(lease({ asked: NOW + 9_000 }));
    // Remembered until what it supersedes would have ended.
    merge(lease({ stamp: 1000 * NOW + 1, asked: NOW + 600 }));
    const { bans } = ledger.page(SET, 'ipv4');
    const before = [...ledger.digest(SET).whole];
    expect(waitUntil(NOW + HOURS)).toEqual([ADDRESS]);
    setBack();
    expect(end()).toBe(NOW + 600);
    expect(ledger.page(SET, 'ipv4').bans).toBe(bans);
    expect(ledger.digest(SET).whole).toEqual(before);
    expect(waitUntil(NOW + 601)).toEqual([ADDRESS]);
  });

  it('counts a lease in the digest again that had left it, and was alive all the time', () => {
    merge(lease({ asked: NOW + HOURS + 30 }));
    const before = [...ledger.digest(SET).whole];
    waitUntil(NOW + HOURS);
    expect(ledger.digest(SET).whole).not.toEqual(before);
    setBack();
    expect(ledger.digest(SET).whole).toEqual(before);
    expect(ledger.page(SET, 'ipv4').bans).toBe(1);
  });
});

describe('digests', () => {
  it('are equal where the leases are, whatever came before', () => {
    const other = new Ledger();
    merge(lease({ asked: NOW + 300 }));
    merge(lease({ origin: 'gone' }), '192.0.2.9');
    merge(unban({ origin: 'gone' }), '192.0.2.9');
    merge(lease({ stamp: 1000 * NOW + 1, asked: NEVER }));
    merge(lease(), '2001:db8::7');
    for (const text of ['2001:db8::7', ADDRESS]) {
      merge(
        lease({ stamp: 1000 * NOW + 1, asked: text === ADDRESS ? NEVER : NOW + 600 }),
        text,
        other,
      );
    }
    expect(ledger.digest(SET).whole).toEqual(other.digest(SET).whole);
    expect(ledger.digest(SET).whole).not.toEqual([0, 0]);
    merge(lease({ origin: 'web2' }), ADDRESS, other);
    expect(ledger.digest(SET).whole).not.toEqual(other.digest(SET).whole);
  });

  it('are sums of their groups, and those of their buckets, which tell what is in them', () => {
    for (let index = 0; index < 200; index++) merge(lease(), `10.0.0.${index}`);
    const digest = ledger.digest(SET);
    const page = ledger.page(SET, 'ipv4');
    let found = 0;
    for (let group = 0; group < 64; group++) {
      for (let bucket = 0; bucket < 64; bucket++) {
        const { length } = page.bucket(group, bucket);
        found += length;
        expect(digest.bucket(group, bucket)[0] === 0).toBe(length === 0);
      }
    }
    expect(found).toBe(200);
  });

  it('count no lease that ends within the minute', () => {
    merge(lease({ asked: NOW + 600 }));
    expect(waitUntil(NOW + 539.9)).toEqual([]);
    expect(ledger.digest(SET).whole).not.toEqual([0, 0]);
    expect(waitUntil(NOW + 540)).toEqual([]);
    expect(ledger.digest(SET).whole).toEqual([0, 0]);
    expect(end()).toBe(NOW + 600);
  });
});

describe('the registers of a ledger', () => {
  it('teach another ledger all that it knows', () => {
    for (let index = 0; index < 300; index++) {
      const text = index % 2 === 0 ? `10.0.0.${index % 250}` : `2001:db8::${index}`;
      merge(lease({ origin: `o${index % 7}`, reason: `r${index % 5}` }), text);
      if (index % 3 === 0) merge(unban({ origin: `o${index % 7}`, stamp: 1000 * NOW + 5 }), text);
      if (index % 11 === 0) merge(unban({ origin: '', stamp: 1000 * NOW + 2 }), text);
    }
    const other = new Ledger();
    for (const { set, columns } of ledger.registers()) {
      const { family, length } = columns;
      const page = other.page(set, family);
      page.merge(columns, 0, length, 1000 * NOW, new Uint8Array(length), new Int32Array(length));
    }
    const all = (from: Ledger): string[] =>
      [...from.registers()]
        .flatMap(({ columns }) => entriesOf(columns))
        .map((entry) => JSON.stringify({ ...entry.register, address: entry.address.text }))
        .sort();
    expect(all(other)).toEqual(all(ledger));
    expect(other.size).toEqual(ledger.size);
    expect(other.digest(SET).whole).toEqual(ledger.digest(SET).whole);
  });

  it('are each read once while others come and go', () => {
    for (let index = 0; index < 10_000; index++)
      merge(lease(), `10.1.${index >> 8}.${index & 255}`);
    const seen = new Map<string, number>();
    for (const { columns } of ledger.registers()) {
      expect(columns.length).toBeLessThanOrEqual(4096);
      for (const { address: read } of entriesOf(columns)) {
        seen.set(read.text, (seen.get(read.text) ?? 0) + 1);
      }
      merge(lease(), `10.2.0.${seen.size & 255}`);
      merge(unban({ origin: '' }), `10.1.0.${seen.size & 255}`);
    }
    for (let index = 512; index < 10_000; index++) {
      expect(seen.get(`10.1.${index >> 8}.${index & 255}`)).toBe(1);
    }
  });

  it('of several buckets come in one pass', () => {
    for (let index = 0; index < 1000; index++) merge(lease(), `10.1.${index >> 8}.${index & 255}`);
    const page = ledger.page(SET, 'ipv4');
    const wanted = new Uint8Array(4096).fill(1, 0, 2048);
    const found = [...page.buckets(wanted)].reduce((sum, { length }) => sum + length, 0);
    let expected = 0;
    for (let number = 0; number < 2048; number++) {
      expected += page.bucket(number >> 6, number & 63).length;
    }
    expect(found).toBe(expected);
    expect(found).toBeGreaterThan(300);
  });

  it('keep the flags of their entries', () => {
    merge(lease({ asked: AS_THE_SET_SAYS, ownStamp: true }));
    ledger.page(SET, 'ipv4').settleDefault(60, 1000 * NOW, 10);
    const [piece] = [...ledger.registers()];
    expect(piece!.columns.flags[0]! & NO_END_NAMED).toBe(NO_END_NAMED);
    expect(entriesOf(piece!.columns)[0]!.register).toEqual(
      lease({ asked: AS_THE_SET_SAYS, until: NOW + 60, ownStamp: true }),
    );
  });
});
