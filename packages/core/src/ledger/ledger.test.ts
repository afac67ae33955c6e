import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { Address } from '../address/address.js';
import { parseAddress } from '../address/parse.js';
import type { Origin, SetName } from '../words/names.js';
import { Ledger } from './ledger.js';
import type { LedgerRecord } from './record.js';

const set = 'blacklist' as SetName;
const other = 'other' as SetName;
const NOW = 1_795_000_000;

function at(text: string): Address {
  const parsed = parseAddress(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value;
}
const web1 = 'web1' as Origin;
const web2 = 'web2' as Origin;
const a = at('192.0.2.7');

describe('the ledger', () => {
  it('lets a ban last until its longest lease ends', () => {
    const ledger = new Ledger();
    ledger.record(set, a, { origin: web1, until: NOW + 10 });
    ledger.record(set, a, { origin: web2, until: NOW + 5 });
    expect(ledger.until(set, a)).toBe(NOW + 10);
    ledger.record(set, a, { origin: '', until: 'default' });
    expect(ledger.until(set, a)).toBe('default');
    ledger.record(set, a, { origin: web2, until: 'never' });
    expect(ledger.until(set, a)).toBe('never');
    expect(ledger.until(other, a)).toBeUndefined();
  });

  it('does not remember more moments than bans, however often short and long ones take turns', () => {
    const ledger = new Ledger();
    for (let now = NOW; now < NOW + 20_000; now += 2) {
      ledger.record(set, a, { origin: '', until: NOW + 86_400 });
      ledger.record(set, a, { origin: web1, until: now + 1 });
      ledger.takeDue(now + 1);
      if (now % 5 === 0) ledger.withdraw(set, a, undefined);
    }
    expect(ledger.queuedWakes).toBeLessThan(2_000);
    ledger.record(set, a, { origin: '', until: NOW + 86_400 });
    expect(ledger.takeDue(NOW + 86_400)).toMatchObject([{ address: a, remaining: undefined }]);
  });

  it('replaces the lease of the same origin, also by a shorter one', () => {
    const ledger = new Ledger();
    ledger.record(set, a, { origin: web1, until: NOW + 10 });
    ledger.record(set, a, { origin: web1, until: NOW + 5 });
    expect(ledger.ban(set, a)?.leases).toEqual([{ origin: web1, until: NOW + 5 }]);
  });

  it('ends one lease where an origin is named, and all where none is', () => {
    const ledger = new Ledger();
    ledger.record(set, a, { origin: web1, until: 'never' });
    ledger.record(set, a, { origin: web2, until: NOW + 5 });
    ledger.confirm(set, a);
    expect(ledger.withdraw(set, a, web1).remaining?.leases).toEqual([
      { origin: web2, until: NOW + 5 },
    ]);
    expect(ledger.page(set, 'ipv4').pending.has(a.text)).toBe(true);
    expect(ledger.page(set, 'ipv4').withdrawn.size).toBe(0);
    ledger.record(set, a, { origin: web1, until: 'never' });
    expect(ledger.withdraw(set, a, undefined).remaining).toBeUndefined();
    expect([...ledger.page(set, 'ipv4').withdrawn.keys()]).toEqual([a.text]);
    expect(ledger.page(set, 'ipv4').pending.size).toBe(0);
  });

  it('remembers to take out what it never knew, until told that it is out', () => {
    const ledger = new Ledger();
    expect(ledger.withdraw(set, a, web1).remaining).toBeUndefined();
    expect(ledger.page(set, 'ipv4').withdrawn.has(a.text)).toBe(true);
    expect(ledger.clear(set, a)).toBe(true);
    expect(ledger.clear(set, a)).toBe(false);
  });

  it('does not clear what was banned again meanwhile', () => {
    const ledger = new Ledger();
    ledger.withdraw(set, a, undefined);
    ledger.record(set, a, { origin: '', until: 'never' });
    expect(ledger.clear(set, a)).toBe(false);
    expect(ledger.ban(set, a)).toBeDefined();
  });

  it('doubts only what it holds', () => {
    const ledger = new Ledger();
    ledger.doubt(set, a);
    expect(ledger.page(set, 'ipv4').pending.size).toBe(0);
    ledger.record(set, a, { origin: '', until: 'never' });
    ledger.confirm(set, a);
    ledger.doubt(set, a);
    expect(ledger.page(set, 'ipv4').pending.has(a.text)).toBe(true);
  });

  it('keeps families and sets apart', () => {
    const ledger = new Ledger();
    ledger.record(set, a, { origin: '', until: 'never' });
    ledger.record(set, at('2001:db8::1'), { origin: '', until: 'never' });
    ledger.record(other, a, { origin: '', until: 'never' });
    expect(ledger.page(set, 'ipv4').bans.size).toBe(1);
    expect(ledger.page(set, 'ipv6').bans.size).toBe(1);
    expect(ledger.sets()).toEqual([set, other]);
  });

  it('gives what is due: the ban that is over, and the one that goes on', () => {
    const ledger = new Ledger();
    const b = at('192.0.2.8');
    ledger.record(set, a, { origin: web1, until: NOW + 5 });
    ledger.record(set, b, { origin: web1, until: NOW + 5 });
    ledger.record(set, b, { origin: web2, until: NOW + 9 });
    expect(ledger.nextWakeUnix).toBe(NOW + 5);
    expect(ledger.takeDue(NOW + 4)).toEqual([]);
    const due = ledger.takeDue(NOW + 5);
    expect(due.map(({ address, remaining }) => [address.text, remaining?.leases.length])).toEqual([
      ['192.0.2.7', undefined],
      ['192.0.2.8', 1],
    ]);
    expect(ledger.page(set, 'ipv4').withdrawn.has(a.text)).toBe(true);
    expect(ledger.nextWakeUnix).toBe(NOW + 9);
    ledger.withdraw(set, b, undefined);
    expect(ledger.takeDue(NOW + 9)).toEqual([]);
    expect(ledger.nextWakeUnix).toBeUndefined();
  });

  it('queues one look however often a ban is renewed, and still ends it in time', () => {
    const ledger = new Ledger();
    for (let n = 1; n <= 1000; n += 1) {
      ledger.record(set, a, { origin: web1, until: NOW + n });
    }
    let looks = 0;
    for (let now = NOW + 1; ledger.nextWakeUnix !== undefined; now = ledger.nextWakeUnix) {
      looks += ledger.takeDue(now).length;
    }
    expect(looks).toBe(2);
    expect(ledger.ban(set, a)).toBeUndefined();
  });

  it('looks earlier where it is asked to, and not later', () => {
    const ledger = new Ledger();
    ledger.record(set, a, { origin: web1, until: NOW + 10 });
    ledger.wakeAt(NOW + 20, set, a);
    ledger.wakeAt(NOW + 3, set, a);
    expect(ledger.nextWakeUnix).toBe(NOW + 3);
    expect(ledger.takeDue(NOW + 3)).toHaveLength(1);
    expect(ledger.takeDue(NOW + 10)).toMatchObject([{ remaining: undefined }]);
  });

  it('skips a record that is no address', () => {
    const ledger = new Ledger();
    ledger.replay([{ op: 'unban', set, address: 'localhost' } as unknown as LedgerRecord]);
    expect(ledger.records()).toEqual([]);
  });
});

const addresses = ['192.0.2.1', '192.0.2.2', '2001:db8::1', '198.51.100.0/24'].map(at);
const until = fc.oneof(
  fc.integer({ min: NOW, max: NOW + 100 }),
  fc.constant('never' as const),
  fc.constant('default' as const),
);
const step = fc.record({
  op: fc.constantFrom('ban', 'unban', 'cleared', 'confirm'),
  address: fc.constantFrom(...addresses),
  origin: fc.constantFrom<Origin | ''>('', web1, web2),
  until,
});

function holds(ledger: Ledger) {
  return (['ipv4', 'ipv6'] as const).map((family) => {
    const { bans, withdrawn } = ledger.page(set, family);
    const leases = [...bans].map(([text, ban]) => [
      text,
      [...ban.leases].sort((one, two) => (one.origin < two.origin ? -1 : 1)),
    ]);
    return { bans: leases.sort(), withdrawn: [...withdrawn.keys()].sort() };
  });
}

describe('the ledger, whatever happens', () => {
  it('is the same after its own records are replayed', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = new Ledger();
        for (const { op, address, origin, until } of steps) {
          if (op === 'ban') ledger.record(set, address, { origin, until });
          else if (op === 'unban')
            ledger.withdraw(set, address, origin === '' ? undefined : origin);
          else if (op === 'cleared') ledger.clear(set, address);
          else ledger.confirm(set, address);
        }
        const again = new Ledger();
        again.replay(ledger.records());
        expect(holds(again)).toEqual(holds(ledger));
      }),
    );
  });

  it('is what its journal says, written as things happened', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const ledger = new Ledger();
        const journal: LedgerRecord[] = [];
        for (const { op, address, origin, until } of steps) {
          const target = { set, address: address.text };
          if (op === 'ban') {
            ledger.record(set, address, { origin, until });
            journal.push({ op, ...target, origin, until });
          } else if (op === 'unban') {
            const by = origin === '' ? {} : { origin };
            ledger.withdraw(set, address, by.origin);
            journal.push({ op, ...target, ...by });
          } else if (op === 'cleared' && ledger.clear(set, address)) {
            journal.push({ op, ...target });
          }
        }
        const again = new Ledger();
        again.replay(journal);
        expect(holds(again)).toEqual(holds(ledger));
      }),
    );
  });

  it('merges the leases of distinct origins in any order', () => {
    const lease = fc.record({ address: fc.constantFrom(...addresses), until });
    const claims = fc
      .array(lease, { maxLength: 12 })
      .map((all) => all.map((one, index) => ({ ...one, origin: `web${index}` as Origin })));
    fc.assert(
      fc.property(
        claims.chain((all) =>
          fc.tuple(
            fc.constant(all),
            fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length }),
          ),
        ),
        ([some, shuffled]) => {
          const [one, two] = [some, shuffled].map((order) => {
            const ledger = new Ledger();
            for (const { address, ...claim } of order) ledger.record(set, address, claim);
            return {
              held: holds(ledger),
              untils: addresses.map((address) => ledger.until(set, address)),
            };
          });
          expect(one).toEqual(two);
        },
      ),
    );
  });
});
