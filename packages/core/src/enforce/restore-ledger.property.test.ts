import { afterEach, expect, it, jest } from '@jest/globals';
import fc from 'fast-check';
import { addressAt, addressColumns, wordsPerAddress } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import type { JournalNote, JournalPiece } from '../journal/store.js';
import type { LedgerLimits } from '../ledger/limits.js';
import { address, columnsOf } from '../ledger/test-columns.js';
import type { Register } from '../lease/register.js';
import { NEVER } from '../message/entry-columns.js';
import { AddressTable } from '../plan/address-table.js';
import type { SetPolicy } from '../policy/set-policy.js';
import { createMemoryStore } from '../testing/memory-store.js';
import type { SetName } from '../words/names.js';
import { startEngine, type Engine } from './engine.fixture.js';

const NOW = Date.UTC(2026, 0, 1) / 1000;
const SETS = ['one', 'one6', 'two'] as const;
const TOPICS = ['one', 'two'];
/** Few of them, so that they meet. */
const ADDRESSES: Record<Family, string[]> = {
  ipv4: ['192.0.2.1', '192.0.2.2', '192.0.2.0/24', '198.51.100.7', '10.1.0.0/16', '10.1.2.3'],
  ipv6: ['2001:db8::1', '2001:db8::2', '2001:db8::/64', '2001:db8:1::/48'],
};

const anyRegister = fc
  .record({
    kind: fc.constantFrom<Register['kind']>('lease', 'lease', 'lease', 'withdrawal', 'sweep'),
    origin: fc.constantFrom('web1', 'web2', 'web3'),
    second: fc.integer({ min: -600, max: 0 }),
    until: fc.oneof(fc.integer({ min: -300, max: 400 }), fc.constantFrom(NEVER, 0)),
    reason: fc.constantFrom('', 'ssh', 'http'),
  })
  .map(({ kind, origin, second, until, reason }): Register => {
    const end = kind !== 'lease' || until === 0 ? 0 : NOW + until;
    return {
      ...{ kind, origin: kind === 'sweep' ? '' : origin, stamp: 1000 * (NOW + second) },
      ...{ ownStamp: false, asked: end, until: end, keepUntil: 0 },
      reason: kind === 'lease' ? reason : '',
    };
  });

const anyPiece = fc
  .record({
    set: fc.constantFrom('one', 'one', 'two'),
    family: fc.constantFrom<Family>('ipv4', 'ipv4', 'ipv6'),
    note: fc.constantFrom<(JournalNote | undefined)[]>(
      ...[undefined, undefined, undefined, undefined],
      ...(['cleared', 'foreign', 'widened'] as const),
    ),
    rows: fc.array(fc.tuple(fc.nat(11), anyRegister), { minLength: 1, maxLength: 14 }),
  })
  .map(({ set, family, note, rows }): JournalPiece => {
    const texts = ADDRESSES[family];
    const entries = rows.map(([which, register]) => ({
      address: address(texts[which % texts.length] ?? ''),
      register,
    }));
    const of = set as SetName;
    if (note === undefined) return { set: of, columns: columnsOf(family, entries) };
    const noted = entries.map(({ address }) => address);
    return { set: of, note, columns: addressColumns(family, noted) };
  });

const anyWorld = fc.record({
  pieces: fc.array(anyPiece, { maxLength: 12 }),
  type: fc.constantFrom('hash:ip', 'hash:net'),
  hasTimeouts: fc.boolean(),
  missing: fc.constantFrom(undefined, undefined, 'one', 'one6'),
  registers: fc.constantFrom(1000, 1000, 5, 12),
  leasesPerAddress: fc.constantFrom(64, 1),
  policy: fc.constantFrom<SetPolicy[]>(
    ...[{}, {}, { quorum: 2 }, { observe: true }, { minBanSeconds: 500 }, { widen: { ipv4: 24 } }],
  ),
});
type World = typeof anyWorld extends fc.Arbitrary<infer Value> ? Value : never;

afterEach(() => {
  jest.restoreAllMocks();
});

/** All that a node shows that has read the journal, then and when it is told that there are no policies. */
async function restore(world: World): Promise<unknown[]> {
  const { pieces, type, hasTimeouts, missing, registers, leasesPerAddress, policy } = world;
  const store = createMemoryStore();
  await store.replace(pieces);
  const limits: LedgerLimits = { registers, leasesPerAddress };
  const specs = SETS.filter((set) => set !== missing).map((set) => ({
    ...{ set, type, family: set === 'one6' ? 'ipv6' : 'ipv4' },
    ...(hasTimeouts ? { defaultTimeoutSeconds: 0 } : {}),
  }));
  const engine = await startEngine(specs as Parameters<typeof startEngine>[0], {
    ...{ topics: TOPICS, store, policies: { one: policy } },
    limits,
  });
  const seen = [await look(engine)];
  await engine.send('one/del', '192.0.2.1\n10.1.2.3 origin web1');
  await engine.send('one/add', '198.51.100.7 origin web1\n203.0.113.9\n2001:db8::1');
  await engine.node.reconfigure({ topics: TOPICS, policy: { protectHost: false } });
  await engine.pass(12_000);
  seen.push(await look(engine));
  await engine.node.close();
  const { reports, reconciled, warnings } = engine;
  return [...seen, reports, reconciled, warnings, store.pieces];
}

async function look({ node, memory, held }: Engine): Promise<unknown> {
  const status = node.status();
  const kernel: string[][] = [];
  for (const set of SETS)
    if ((await memory.inspect(set)) !== undefined) kernel.push(await held(set));
  const leases: unknown[] = [];
  for (const set of TOPICS) for await (const lease of node.leases(set)) leases.push(lease);
  return { status, kernel, leases, digests: TOPICS.map((set) => node.digest(set)) };
}

/** Each address of a table is found, and stands in one row. */
function expectWhole(table: AddressTable): void {
  const { columns, family, size } = table;
  const rows = Array.from({ length: columns.length }, (_, row) => row);
  const used = rows.filter((row) => table.isUsed(row));
  const perAddress = wordsPerAddress(family);
  expect(used).toHaveLength(size);
  expect(new Set(used.map((row) => addressAt(columns, row).text)).size).toBe(size);
  expect(
    used.map((row) => table.find(columns.words, row * perAddress, columns.prefixLengths[row] ?? 0)),
  ).toEqual(used);
}

it('a journal is planned without looking for addresses as it is planned with looking for each', async () => {
  await fc.assert(
    fc.asyncProperty(anyWorld, async (world) => {
      const tables = new Set<AddressTable>();
      const { makeAt } = AddressTable.prototype;
      const made = jest.spyOn(AddressTable.prototype, 'makeAt');
      made.mockImplementation(function (this: AddressTable, ...given) {
        tables.add(this);
        return makeAt.apply(this, given);
      });
      const inStep = await restore(world);
      for (const table of tables) expectWhole(table);

      made.mockImplementation(function (this: AddressTable, _row, ...given) {
        return this.make(...given);
      });
      expect(inStep).toEqual(await restore(world));
      jest.restoreAllMocks();
    }),
    { numRuns: 25 },
  );
});
