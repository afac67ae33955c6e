import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseAddress } from '../address/parse.js';
import { EntryBatch } from '../message/entry-batch.js';
import { BAN, UNBAN } from '../message/entry-columns.js';
import type { SetName } from '../words/names.js';
import { Ledger } from './ledger.js';
import type { Page } from './page.js';
import { PAST_PER_ADDRESS } from './limits.js';

const S = 'blacklist' as SetName;
const START = 1_800_000_000;
const HOUR = 3_600;

interface Asked {
  readonly action: typeof BAN | typeof UNBAN;
  readonly at: number;
  readonly seconds: number;
  readonly origin: string;
}

const ban = (at: number, seconds: number, origin = 'a'): Asked => ({
  ...{ action: BAN, at, seconds, origin },
});
const unban = (at: number, origin = 'a'): Asked => ({ action: UNBAN, at, seconds: 0, origin });

function makePage(limits?: { registers: number }): Page {
  const page = new Ledger(limits === undefined ? {} : { limits }).page(S, 'ipv4');
  page.rememberLeases((_, until) => Math.min(until, START + 30 * HOUR) + 10 * HOUR);
  return page;
}

function merge(page: Page, now: number, asked: readonly Asked[]): void {
  const address = parseAddress('192.0.2.7');
  if (!address.ok) throw new Error(address.detail);
  const batch = new EntryBatch('ipv4');
  for (const { action, at, seconds, origin } of asked) {
    batch.push(address.value, {
      ...{ action, flags: 0, origin, until: START + at + seconds, stamp: 1000 * (START + at) },
      ...{ reason: '', message: 0, place: 0 },
    });
  }
  const { length } = batch;
  const none = [new Uint8Array(length), new Int32Array(length)] as const;
  page.merge(batch, 0, length, 1000 * (START + now), ...none);
}

/** What is known, in an order of its own. */
function heard(page: Page): string[] {
  if (page.rowCount === 0 || !page.isKnown(0)) return [];
  return page
    .heard(0)
    .map(
      ({ origin, stampMs, until, nextStampMs }) =>
        `${origin} ${String(stampMs / 1000 - START)}+${String(until - stampMs / 1000)} ` +
        (nextStampMs === Infinity ? '' : String(nextStampMs / 1000 - START)),
    )
    .sort();
}

const pass = (page: Page, to: number): void => {
  while (page.takeDue(1000 * (START + to), 100) !== undefined);
};

describe('leases of the past', () => {
  it('stand beside what their origin has asked for since, and ban nothing', () => {
    const page = makePage();
    merge(page, 0, [ban(0, 100), ban(50, 10)]);
    expect(heard(page)).toEqual(['a 0+100 50', 'a 50+10 ']);
    expect(page.end(0)).toBe(START + 60);
    expect(page.leases(0)).toHaveLength(1);
    pass(page, 70);
    expect(page.isBan(0)).toBe(false);
    expect(heard(page)).toHaveLength(2);
    merge(page, 70, [unban(70)]);
    expect(heard(page)).toEqual(['a 0+100 50', 'a 50+10 70']);
  });

  it('are forgotten when it is time, and with them their address', () => {
    const page = makePage();
    merge(page, 0, [ban(0, 100), unban(100)]);
    pass(page, 100 + 10 * HOUR - 1);
    expect(heard(page)).toEqual(['a 0+100 100']);
    pass(page, 100 + 10 * HOUR);
    expect(heard(page)).toEqual([]);
  });

  it('are forgotten at once when nobody wants them any more', () => {
    const page = makePage();
    merge(page, 0, [ban(0, 100), unban(90)]);
    page.rememberLeases(undefined);
    pass(page, 101);
    expect(heard(page)).toEqual([]);
  });

  it('are gone with a sweep, which keeps them from coming back for as long as they would count', () => {
    const page = makePage();
    merge(page, 0, [ban(0, 100), ban(200, 100)]);
    pass(page, 400);
    merge(page, 400, [unban(400, '')]);
    expect(heard(page)).toEqual([]);
    pass(page, 5 * HOUR);
    merge(page, 5 * HOUR, [ban(0, 100), ban(200, 100)]);
    expect(heard(page)).toEqual([]);
  });

  it('take no room from those that live', () => {
    const page = makePage({ registers: 8 });
    for (let at = 0; at < 20; at++) merge(page, at, [ban(at, 100)]);
    expect(heard(page)).toHaveLength(1 + 2);
  });

  it('of an address are so many at most, of which the youngest stay', () => {
    const page = makePage();
    for (let at = 0; at < 100; at++) merge(page, at, [ban(at, 100)]);
    const kept = heard(page);
    expect(kept).toHaveLength(1 + PAST_PER_ADDRESS);
    expect(kept).toContain(
      `a ${String(99 - PAST_PER_ADDRESS)}+100 ${String(100 - PAST_PER_ADDRESS)}`,
    );
  });

  it('are the same in whatever order and however often they come', () => {
    const one = fc.oneof(
      fc
        .tuple(fc.nat(100), fc.integer({ min: 1, max: 50 }), fc.constantFrom('a', 'b', 'c'))
        .map(([at, seconds, origin]) => ban(at, seconds, origin)),
      fc.tuple(fc.nat(100), fc.constantFrom('a', 'b')).map(([at, origin]) => unban(at, origin)),
    );
    // Of what one origin says at one moment only one can win.
    const some = fc.uniqueArray(one, {
      maxLength: 50,
      selector: ({ at, origin }) => `${at} ${origin}`,
    });
    const orders = some.chain((asked) =>
      fc.tuple(
        fc.shuffledSubarray(asked, { minLength: asked.length }),
        fc.shuffledSubarray(asked, { minLength: asked.length }),
        fc.subarray(asked),
        fc.nat(50),
      ),
    );
    fc.assert(
      fc.property(orders, ([first, second, again, cut]) => {
        const page = makePage();
        merge(page, 100, first);
        const other = makePage();
        merge(other, 100, second.slice(0, cut));
        merge(other, 100, again);
        merge(other, 100, second.slice(cut));
        expect(heard(other)).toEqual(heard(page));
      }),
      { numRuns: 500 },
    );
  });

  it('go to another node, and into the journal, with all the rest', () => {
    const page = makePage();
    merge(page, 0, [ban(0, 10), ban(20, 10, 'b'), ban(50, 10), unban(70), ban(80, 10)]);
    const other = makePage();
    for (const columns of page.registers()) {
      const { length } = columns;
      other.merge(columns, 0, length, 1000 * START, new Uint8Array(length), new Int32Array(length));
    }
    expect(heard(other)).toEqual(heard(page));
  });
});
