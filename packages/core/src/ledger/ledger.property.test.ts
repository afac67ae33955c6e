import { describe, expect, it } from '@jest/globals';
import * as fc from 'fast-check';
import type { Address, Family } from '../address/address.js';
import { addressAt, addressColumns, type AddressColumns } from '../address/address-columns.js';
import { GROUPS } from '../lease/item-hash.js';
import { isLiveLease, type Register } from '../lease/register.js';
import { settledUntil } from '../lease/remember.js';
import { AS_THE_SET_SAYS, NEVER } from '../message/entry-columns.js';
import type { SetName } from '../words/names.js';
import { Ledger, type LedgerLimits } from './ledger.js';
import type { Page } from './page.js';
import { ReferenceLedger } from './reference-ledger.js';
import { address, columnsOf, entriesOf, type Entry } from './test-columns.js';

const SET = 'blacklist' as SetName;
const START = 1_000_000;
const REMEMBER_SECONDS = 200;

const ADDRESSES: Record<Family, Address[]> = {
  ipv4: ['192.0.2.1', '192.0.2.2', '192.0.2.0/24', '0.0.0.0/0'].map(address),
  ipv6: ['2001:db8::1', '2001:db8::2', '2001:db8::/32', '::/0'].map(address),
};

/** Few of everything, so that they meet. */
const anyRegister = fc
  .record({
    kind: fc.constantFrom<Register['kind']>('lease', 'lease', 'lease', 'withdrawal', 'sweep'),
    origin: fc.constantFrom('', 'web1', 'web2', 'web3', 'web4'),
    second: fc.integer({ min: -60, max: 300 }),
    fraction: fc.constantFrom(0, 0.001, 500),
    ownStamp: fc.boolean(),
    end: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: -20, max: 400 }) },
      fc.constantFrom(NEVER, AS_THE_SET_SAYS),
    ),
    reason: fc.constantFrom('', 'ssh', 'http', 'smtp'),
    keep: fc.option(fc.integer({ min: -20, max: 400 }), { freq: 6 }),
  })
  .map(({ kind, origin, second, fraction, ownStamp, end, reason, keep }): Register => {
    const isLease = kind === 'lease';
    const asked = !isLease ? 0 : Number.isFinite(end) && end !== 0 ? START + end : end;
    return {
      kind: !isLease && origin === '' ? 'sweep' : kind,
      origin: kind === 'sweep' ? '' : origin,
      stamp: 1000 * (START + second) + fraction,
      ownStamp,
      asked,
      until: asked,
      reason: isLease ? reason : '',
      keepUntil: keep === null ? 0 : START + keep,
    };
  });

type Step =
  | { readonly merge: readonly { readonly which: number; readonly register: Register }[] }
  | { readonly wait: number }
  | { readonly settle: number | undefined };

const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      merge: fc.array(fc.record({ which: fc.nat({ max: 3 }), register: anyRegister }), {
        maxLength: 12,
      }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      wait: fc.oneof(fc.double({ min: 0, max: 9, noNaN: true }), fc.nat(120)),
    }),
  },
  { weight: 1, arbitrary: fc.record({ settle: fc.constantFrom(undefined, 0, 30, 250) }) },
);
const anyHistory = fc.array(anyStep, { maxLength: 40 });

class Pair {
  readonly ledger: Ledger;
  readonly page: Page;
  readonly reference: ReferenceLedger;
  now = START;
  #default: { readonly seconds: number | undefined } | undefined;

  constructor(
    readonly family: Family,
    limits: LedgerLimits = {},
  ) {
    this.ledger = new Ledger({ limits, rememberSeconds: REMEMBER_SECONDS });
    this.page = this.ledger.page(SET, family);
    this.reference = new ReferenceLedger(limits, REMEMBER_SECONDS);
  }

  step(step: Step): void {
    if ('merge' in step) this.#merge(step.merge);
    else if ('wait' in step) this.#wait(step.wait);
    else this.#settle(step.settle);
    this.#compare();
  }

  #merge(entries: readonly { readonly which: number; readonly register: Register }[]): void {
    const { family, page, reference, now } = this;
    const named: Entry[] = entries.map(({ which, register }) => ({
      address: ADDRESSES[family][which]!,
      register,
    }));
    const expected = named.map(({ address, register }) => {
      const isUnsettled = register.kind === 'lease' && register.until === AS_THE_SET_SAYS;
      const until =
        isUnsettled && this.#default !== undefined
          ? settledUntil(register.stamp, this.#default.seconds)
          : register.until;
      return reference.merge(address, { ...register, until }, now);
    });
    const outcomes = new Uint8Array(named.length);
    const rows = new Int32Array(named.length);
    // In two pieces, as from a larger batch.
    const half = named.length >> 1;
    const columns = columnsOf(family, named);
    page.merge(columns, 0, half, 1000 * now, outcomes, rows);
    page.merge(columns, half, named.length, 1000 * now, outcomes, rows);
    expect([...outcomes]).toEqual(expected);
    named.forEach(({ address }, index) => {
      if (rows[index] === -1) return;
      expect(addressAt(rowsOf(page), rows[index]!)).toEqual(address);
    });
  }

  #wait(seconds: number): void {
    const before = this.now;
    this.now += seconds;
    const ended = this.reference.pass(before, this.now);
    expect(texts(drain(() => this.page.takeDue(1000 * this.now, 3)))).toEqual(ended.sort());
    expect(this.page.takeDue(1000 * this.now, 3)).toBeUndefined();
    const { nextDueUnix } = this.ledger;
    if (nextDueUnix !== undefined) expect(nextDueUnix).toBeGreaterThan(this.now);
  }

  #settle(seconds: number | undefined): void {
    const { family, page, reference, now } = this;
    this.#default = { seconds };
    const ends = (): number[] => ADDRESSES[family].map((address) => reference.end(address, now));
    const before = ends();
    reference.settle(seconds);
    const after = ends();
    const changed = ADDRESSES[family].filter((_, index) => before[index] !== after[index]);
    const settled = texts(drain(() => page.settleDefault(seconds, 1000 * now, 2)));
    expect([...new Set(settled)]).toEqual(changed.map(({ text }) => text).sort());
    // What has ended by it, or need not be remembered, goes when time passes.
    drain(() => page.takeDue(1000 * now, 3));
    reference.pass(now, now);
  }

  #compare(): void {
    const { family, ledger, page, reference, now } = this;
    const known = reference.all();
    const read = [...ledger.registers()].flatMap(({ columns }) => entriesOf(columns));
    expect(sorted(read)).toEqual(sorted(known));
    const live = known.filter(({ register }) => isLiveLease(register, now));
    expect(ledger.size).toMatchObject({
      registers: known.length,
      leases: live.length,
      bans: new Set(live.map(({ address }) => address.text)).size,
      origins: distinct(known.map(({ register }) => register.origin)),
      reasons: distinct(known.map(({ register }) => register.reason)),
    });
    for (const address of ADDRESSES[family]) {
      const { words, prefixLengths } = addressColumns(family, [address]);
      const row = page.find(words, 0, prefixLengths[0]!);
      expect(row === -1).toBe(reference.registersOf(address).length === 0);
      if (row === -1) continue;
      const end = reference.end(address, now);
      expect(page.end(row)).toBe(end);
      expect(page.isBan(row)).toBe(end > 0);
      expect(page.leases(row).length).toBe(
        reference.registersOf(address).filter(({ kind }) => kind === 'lease').length,
      );
    }
    this.#compareDigests();
  }

  #compareDigests(): void {
    const expected = this.reference.digest(this.now);
    const digest = this.ledger.digest(SET);
    const total: [number, number] = [0, 0];
    const groups: [number, number][] = [];
    for (const [bucket, lanes] of expected) {
      expect(digest.bucket(bucket >> 6, bucket & 63)).toEqual(lanes);
      add(total, lanes);
      add((groups[bucket >> 6] ??= [0, 0]), lanes);
    }
    for (let group = 0; group < GROUPS; group++) {
      expect(digest.group(group)).toEqual(groups[group] ?? [0, 0]);
    }
    expect(digest.whole).toEqual(total);
  }
}

describe.each(['ipv4', 'ipv6'] as const)('a page of %s', (family) => {
  it('knows at every moment what the ledger on objects knows', () => {
    fc.assert(
      fc.property(anyHistory, (history) => {
        const pair = new Pair(family);
        for (const step of history) pair.step(step);
      }),
      { numRuns: 200 },
    );
  }, 120_000);

  it('refuses what the ledger on objects refuses, where there are bounds', () => {
    const anyLimits = fc.record({
      registers: fc.integer({ min: 1, max: 8 }),
      leasesPerAddress: fc.integer({ min: 1, max: 4 }),
      origins: fc.integer({ min: 1, max: 4 }),
      reasons: fc.integer({ min: 1, max: 3 }),
      unseenWithdrawals: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(anyLimits, anyHistory, (limits, history) => {
        const pair = new Pair(family, limits);
        for (const step of history) pair.step(step);
      }),
      { numRuns: 200 },
    );
  }, 120_000);
});

function drain(take: () => AddressColumns | undefined): AddressColumns[] {
  const pieces = [];
  for (let piece; (piece = take()) !== undefined;) pieces.push(piece);
  return pieces;
}

function texts(pieces: readonly AddressColumns[]): string[] {
  return pieces
    .flatMap((piece) => Array.from({ length: piece.length }, (_, at) => addressAt(piece, at).text))
    .sort();
}

function rowsOf({ family, words, prefixLengths, rowCount }: Page): AddressColumns {
  return { family, words, prefixLengths, length: rowCount };
}

function sorted(entries: readonly Entry[]): unknown[] {
  return entries
    .map(({ address, register }) => ({ address: address.text, ...register }))
    .sort((one, other) => (JSON.stringify(one) < JSON.stringify(other) ? -1 : 1));
}

function add(sum: [number, number], lanes: readonly [number, number]): void {
  sum[0] = (sum[0] + lanes[0]) >>> 0;
  sum[1] = (sum[1] + lanes[1]) >>> 0;
}

function distinct(all: readonly string[]): number {
  return new Set(all.filter((text) => text !== '')).size;
}
