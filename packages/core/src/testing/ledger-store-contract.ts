import assert from 'node:assert/strict';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { addressColumns } from '../address/address-columns.js';
import type { JournalPiece, LedgerStore } from '../journal/store.js';
import { EntryBatch } from '../message/entry-batch.js';
import {
  AS_THE_SET_SAYS,
  NEVER,
  NO_END_NAMED,
  OWN_STAMP,
  UNBAN,
} from '../message/entry-columns.js';
import { parseSetName, type SetName } from '../words/names.js';
import { testAddress, type ContractCase } from './contract-case.js';
import { entryTexts, recordsOf, registerColumns, type TestEntry } from './store-records.js';

/** A place where a store keeps what it is given. */
export interface StorePlace {
  /** Opens it; what an earlier store here was given is there, where it is durable. */
  open(): Promise<LedgerStore>;
  /** Takes the place away with what is kept there. */
  dispose(): Promise<void>;
}

interface StoreCase {
  readonly title: string;
  /** `reopen` closes the store and gives the next one in its place. */
  run(store: LedgerStore, reopen: () => Promise<LedgerStore>): Promise<void>;
}

const blacklist = nameOf('blacklist');
const other = nameOf('other');

/** Nothing of it is what another column could be taken for. */
const everyKind: readonly TestEntry[] = [
  {
    address: '203.0.113.7',
    origin: 'web1.sshd',
    until: 1_795_420_000,
    stamp: 1_795_333_600_123,
    reason: 'sshd "root" \\ é 😀',
    keepUntil: 1_795_430_000,
  },
  { address: '203.0.113.8', until: NEVER, stamp: 1_795_333_600_123.001, keepUntil: NEVER },
  {
    address: '203.0.113.9',
    flags: OWN_STAMP + NO_END_NAMED,
    until: AS_THE_SET_SAYS,
    stamp: 1_795_333_600_123.002,
  },
  { address: '198.51.100.0/24', action: UNBAN, origin: 'web2', stamp: 1_795_333_600_124 },
  { address: '0.0.0.0/0', action: UNBAN, stamp: 0, reason: '\ud800 half a pair' },
  { address: '255.255.255.255', until: 253_402_300_799, stamp: 8_640_000_000_000_000 },
];
const ipv6: readonly TestEntry[] = [
  { address: '2001:db8::/32', origin: 'web1', until: 1, stamp: 5, reason: 'x' },
  { address: 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', until: NEVER, stamp: 6 },
];

function ban(n: number): TestEntry {
  return { address: `10.${n >> 16}.${(n >> 8) & 255}.${n & 255}`, stamp: n, until: NEVER };
}

function bans(from: number, until: number) {
  return registerColumns(Array.from({ length: until - from }, (_, index) => ban(from + index)));
}

function addresses(...texts: string[]) {
  return addressColumns('ipv4', texts.map(testAddress));
}

/** Demands on a store that keeps what it is given. */
const DURABLE: readonly StoreCase[] = [
  {
    title: 'remembers when its node was last among others, where it can',
    async run(store, reopen) {
      if (store.touch === undefined) return;
      assert.equal(store.touchedUnix, undefined);
      store.append(blacklist, registerColumns(ipv6));
      await store.touch(1_795_420_000);
      await store.touch(1_795_420_060);
      assert.equal(store.touchedUnix, 1_795_420_060);
      assert.equal((await reopen()).touchedUnix, 1_795_420_060);
    },
  },
  {
    title: 'is empty at first',
    async run(store) {
      const { records, summary } = await recordsOf(store);
      assert.deepEqual(records, []);
      assert.equal(summary.records, 0);
    },
  },
  {
    title: 'gives back every kind of entry as it was, but for what only `replace` knows',
    async run(store, reopen) {
      store.append(blacklist, registerColumns(everyKind));
      store.append(other, registerColumns(ipv6));
      const again = await reopen();
      const { records, summary } = await recordsOf(again);
      assert.deepEqual(records.map(withoutKeepUntil), [
        ...entryTexts(blacklist, registerColumns(everyKind)).map(withoutKeepUntil),
        ...entryTexts(other, registerColumns(ipv6)).map(withoutKeepUntil),
      ]);
      assert.equal(summary.records, 8);
      assert.equal(summary.appended, 8);
      assert.equal(summary.damage, undefined);
    },
  },
  {
    title: 'gives it back again and again',
    async run(store) {
      store.append(blacklist, bans(0, 3));
      const once = await recordsOf(store);
      assert.deepEqual(await recordsOf(store), once);
      assert.equal(once.records.length, 3);
    },
  },
  {
    title: 'appends only what is wanted',
    async run(store, reopen) {
      store.append(blacklist, bans(0, 5), Uint8Array.of(0, 1, 0, 255, 0));
      store.append(blacklist, bans(5, 8), new Uint8Array(3));
      const { records } = await recordsOf(await reopen());
      const all = entryTexts(blacklist, bans(0, 5));
      assert.deepEqual(records, [all[1], all[3]]);
    },
  },
  {
    title: 'reads columns up to their length, not to their end',
    async run(store, reopen) {
      const batch = new EntryBatch('ipv4', 64);
      const terms = { action: 0, flags: 0, origin: 'web1', until: 9, stamp: 1, reason: '' };
      batch.push(testAddress('192.0.2.1'), { ...terms, message: 0, place: 0 });
      store.append(blacklist, batch);
      store.append(blacklist, new EntryBatch('ipv6'));
      const { records } = await recordsOf(await reopen());
      assert.equal(records.length, 1);
    },
  },
  {
    title: 'does not look again at what it was given',
    async run(store, reopen) {
      const columns = bans(0, 2);
      store.together(() => {
        store.append(blacklist, columns);
        columns.words.fill(7);
        columns.stamps.fill(7);
      });
      const { records } = await recordsOf(await reopen());
      assert.deepEqual(records, entryTexts(blacklist, bans(0, 2)));
    },
  },
  {
    title: 'keeps many, in their order',
    async run(store, reopen) {
      store.append(blacklist, bans(0, 20_000));
      const { records } = await recordsOf(await reopen());
      assert.deepEqual(records, entryTexts(blacklist, bans(0, 20_000)));
    },
  },
  {
    title: 'keeps many origins and long reasons',
    async run(store, reopen) {
      const many = registerColumns(
        Array.from({ length: 5000 }, (_, n) => ({
          ...ban(n),
          origin: `origin-${String(n)}`,
          reason: `${'reason '.repeat(30)}${String(n % 3000)}`,
        })),
      );
      store.append(blacklist, many);
      const { records } = await recordsOf(await reopen());
      assert.deepEqual(records, entryTexts(blacklist, many));
    },
  },
  {
    title: 'keeps notes in their place among the entries',
    async run(store, reopen) {
      store.append(blacklist, bans(0, 1));
      store.note(blacklist, 'cleared', addresses('10.0.0.0', '192.0.2.0/24'));
      store.note(other, 'foreign', addresses('10.0.0.0'));
      store.append(blacklist, bans(0, 1));
      const { records } = await recordsOf(await reopen());
      const [entry] = entryTexts(blacklist, bans(0, 1));
      const cleared = ['cleared blacklist 10.0.0.0', 'cleared blacklist 192.0.2.0/24'];
      assert.deepEqual(records, [entry, ...cleared, 'foreign other 10.0.0.0', entry]);
    },
  },
  {
    title: 'keeps what is appended together, also in parts of it',
    async run(store, reopen) {
      store.together(() => {
        store.append(blacklist, bans(0, 2));
        store.together(() => {
          store.append(blacklist, bans(2, 4));
        });
        store.note(blacklist, 'foreign', addresses('10.0.0.9'));
        store.append(blacklist, bans(4, 5));
      });
      store.together(() => undefined);
      const { records } = await recordsOf(await reopen());
      const all = entryTexts(blacklist, bans(0, 5));
      assert.deepEqual(records, [...all.slice(0, 4), 'foreign blacklist 10.0.0.9', all[4]]);
    },
  },
  {
    title: 'keeps what was appended before the work threw, and throws it on',
    async run(store, reopen) {
      const fault = new Error('not the disk');
      assert.throws(
        () => {
          store.together(() => {
            store.append(blacklist, bans(0, 2));
            throw fault;
          });
        },
        (thrown) => thrown === fault,
      );
      store.append(blacklist, bans(2, 3));
      const { records } = await recordsOf(await reopen());
      assert.deepEqual(records, entryTexts(blacklist, bans(0, 3)));
    },
  },
  {
    title: 'replaces everything',
    async run(store, reopen) {
      store.append(blacklist, bans(0, 9));
      await store.replace([
        { set: blacklist, columns: registerColumns(everyKind) },
        { set: other, columns: registerColumns(ipv6) },
        { set: other, columns: registerColumns([]) },
        { set: other, note: 'foreign', columns: addresses('192.0.2.9') },
      ]);
      store.append(other, bans(0, 1));
      const { records, summary } = await recordsOf(await reopen());
      assert.deepEqual(records, [
        ...entryTexts(blacklist, registerColumns(everyKind)),
        ...entryTexts(other, registerColumns(ipv6)),
        'foreign other 192.0.2.9',
        ...entryTexts(other, bans(0, 1)),
      ]);
      assert.equal(summary.records, 10);
      assert.equal(summary.appended, 1);
    },
  },
  {
    title: 'lets what is appended while it replaces follow behind',
    async run(store, reopen) {
      store.append(blacklist, bans(0, 3));
      let pieces = 0;
      const replaced = store.replace(
        (function* (): Generator<JournalPiece> {
          for (; pieces < 50; pieces++) {
            store.append(other, bans(pieces, pieces + 1));
            yield { set: blacklist, columns: bans(1000 * pieces, 1000 * (pieces + 1)) };
          }
        })(),
      );
      store.append(other, bans(900, 901));
      await nextTurn();
      store.append(other, bans(901, 902));
      await replaced;
      store.append(other, bans(902, 903));
      const { records } = await recordsOf(await reopen());
      const kept = entryTexts(blacklist, bans(0, 50_000));
      assert.deepEqual(records.slice(0, kept.length), kept);
      const followed = records.slice(kept.length);
      const expected = [...entryTexts(other, bans(0, 50)), ...entryTexts(other, bans(900, 903))];
      assert.deepEqual([...followed].sort(), expected.sort());
    },
  },
  {
    title: 'stays as it was where the pieces throw',
    async run(store, reopen) {
      store.append(blacklist, bans(0, 3));
      await assert.rejects(
        store.replace(
          (function* (): Generator<JournalPiece> {
            yield { set: other, columns: bans(0, 1) };
            throw new Error('no more');
          })(),
        ),
      );
      store.append(blacklist, bans(3, 4));
      const { records } = await recordsOf(await reopen());
      assert.deepEqual(records, entryTexts(blacklist, bans(0, 4)));
    },
  },
  {
    title: 'replaces once more while it is replacing, one behind the other',
    async run(store, reopen) {
      await Promise.all([
        store.replace([{ set: blacklist, columns: bans(0, 5) }]),
        store.replace([{ set: blacklist, columns: bans(5, 7) }]),
      ]);
      const { records } = await recordsOf(await reopen());
      assert.deepEqual(records, entryTexts(blacklist, bans(5, 7)));
    },
  },
  {
    title: 'takes nothing once it is closed',
    async run(store, reopen) {
      await reopen();
      assert.throws(
        () => {
          store.append(blacklist, bans(0, 1));
        },
        { code: 'STORE_FAILED' },
      );
      await store.close();
    },
  },
];

/** Demands on a store that keeps nothing, and says so. */
const VOLATILE: readonly StoreCase[] = [
  {
    title: 'keeps nothing, and stands in nobody’s way',
    async run(store, reopen) {
      let worked = 0;
      store.append(blacklist, bans(0, 1));
      store.note(blacklist, 'cleared', addresses('10.0.0.0'));
      store.together(() => {
        worked += 1;
        store.append(blacklist, bans(1, 2));
      });
      await store.replace([{ set: blacklist, columns: bans(0, 2) }]);
      const { records, summary } = await recordsOf(await reopen());
      assert.equal(worked, 1);
      assert.deepEqual(records, []);
      assert.equal(summary.records, 0);
    },
  },
  {
    title: 'throws on what the work throws',
    run(store) {
      assert.throws(() => {
        store.together(() => {
          throw new Error('not the disk');
        });
      }, /not the disk/);
      return Promise.resolve();
    },
  },
];

/**
 * What every store of a ledger has to do, as cases for any test runner:
 *
 *     for (const { title, run } of ledgerStoreContract(make)) it(title, run);
 *
 * @param make gives a place with nothing in it, for one case; disposed of afterwards
 * @param keeps whether it is a store that calls itself durable. Default: true
 */
export function ledgerStoreContract(
  make: () => Promise<StorePlace>,
  { keeps = true }: { readonly keeps?: boolean } = {},
): ContractCase[] {
  return (keeps ? DURABLE : VOLATILE).map(({ title, run }) => ({
    title,
    async run() {
      const place = await make();
      let store = await place.open();
      try {
        assert.equal(store.durable, keeps);
        await run(store, async () => {
          await store.close();
          store = await place.open();
          return store;
        });
      } finally {
        await store.close();
        await place.dispose();
      }
    },
  }));
}

function withoutKeepUntil(record: string): string {
  return record.slice(0, record.lastIndexOf(' '));
}

function nameOf(text: string): SetName {
  const name = parseSetName(text);
  if (!name.ok) throw new Error(name.detail);
  return name.value;
}
