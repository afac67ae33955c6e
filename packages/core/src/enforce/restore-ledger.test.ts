import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createMemoryBackend } from '../backend/memory/memory-backend.js';
import { Journal } from '../journal/journal.js';
import { createVolatileStore } from '../journal/volatile-store.js';
import { Ledger } from '../ledger/ledger.js';
import { Page } from '../ledger/page.js';
import { AddressTable } from '../plan/address-table.js';
import { createPolicy } from '../policy/policy.js';
import { createFakeClock } from '../testing/fake-clock.js';
import { createMemoryStore, type MemoryStore } from '../testing/memory-store.js';
import { registerColumns } from '../testing/store-records.js';
import type { SetName } from '../words/names.js';
import { addressLines, startEngine } from './engine.fixture.js';
import { restoreLedger } from './restore-ledger.js';
import { SetWatch } from './set-watch.js';
import { Upkeep } from './upkeep.js';

const SETS = [
  { set: 'blacklist', type: 'hash:ip', family: 'ipv4', defaultTimeoutSeconds: 0 },
] as const;

afterEach(() => {
  jest.restoreAllMocks();
});

async function journalOf(messages: readonly (readonly [string, string])[]): Promise<MemoryStore> {
  const store = createMemoryStore();
  const engine = await startEngine(SETS, { store });
  for (const [topic, payload] of messages) await engine.send(topic, payload);
  await engine.node.close();
  return store;
}

describe('a ledger that is read from its journal', () => {
  it('is planned without looking for any address', async () => {
    const store = await journalOf([
      ['blacklist/add', addressLines(2000, ' origin web1')],
      ['blacklist/add', addressLines(1000, ' origin web2', 500)],
      ['blacklist/del', '10.0.0.3 origin web1\n10.0.0.4\n192.0.2.1 origin web9'],
    ]);
    const made = jest.spyOn(AddressTable.prototype, 'make');
    const engine = await startEngine(SETS, { store });
    expect(made).not.toHaveBeenCalled();

    const held = await engine.held('blacklist');
    expect(held).toHaveLength(1998);
    expect(held).not.toContain('10.0.0.3');
    expect(held).not.toContain('10.0.0.4');
    expect(engine.node.status().sets).toMatchObject([{ bans: 1998, refused: 0 }]);
    await engine.send('blacklist/del', '10.0.0.5 origin web1\n10.0.7.7 origin web1');
    expect(await engine.held('blacklist')).toHaveLength(1996);
    await engine.node.close();
  });

  it('is planned with what the journal notes of the set behind it', async () => {
    const store = createMemoryStore();
    const engine = await startEngine(SETS, { store });
    await engine.send('blacklist/add', addressLines(300, ' origin web1'));
    await engine.send('blacklist/del', addressLines(100, ' origin web1'));
    await engine.send('blacklist/add', addressLines(200, ' origin web2', 250));
    await engine.node.close();
    expect(store.pieces.map(({ note }) => note)).toEqual([
      undefined,
      undefined,
      'cleared',
      undefined,
    ]);

    const again = await startEngine(SETS, { store });
    expect(await again.held('blacklist')).toEqual(addressLines(350, '', 100).split('\n').sort());
    await again.node.close();
  });

  it.each([
    ['the kernel set holds', 80_000, 1000, 300],
    ['the journal can hold', 400, 1000, 100],
    ['the ledger may hold', 80_000, 250, 250],
  ])('finds room made for as many bans as %s', async (_what, bytes, registers, expected) => {
    const store = createMemoryStore();
    const killed = await startEngine(SETS, { store });
    await killed.send('blacklist/add', addressLines(300));
    const reserved = jest.spyOn(Page.prototype, 'reserve');
    const engine = await startEngine(SETS, {
      backend: killed.memory,
      store: Object.assign(createMemoryStore(), { load: store.load, bytes }),
      limits: { registers },
    });
    expect(reserved.mock.calls.filter(([addresses]) => addresses > 0)).toEqual([[expected]]);
    expect(engine.node.status().sets).toMatchObject([{ bans: Math.min(300, registers) }]);
    await engine.node.close();
    await killed.node.close();
  });

  it('is planned all the same where not all that the journal holds finds room', async () => {
    const store = await journalOf([
      ['blacklist/add', addressLines(100)],
      ['blacklist/add', `${addressLines(50, ' origin web1', 100)}\n10.0.0.7 origin web1`],
    ]);
    const engine = await startEngine(SETS, { store, limits: { registers: 120 } });
    expect(await engine.held('blacklist')).toEqual(addressLines(120).split('\n').sort());
    await engine.send('blacklist/del', '10.0.0.7\n10.0.0.119 origin web1');
    expect(await engine.held('blacklist')).toHaveLength(118);
    await engine.node.close();
  });

  it('has each address once also where the ledger gives rows away meanwhile', async () => {
    const set = 'blacklist' as SetName;
    const clock = createFakeClock();
    const now = clock.nowMs() / 1000;
    const ledger = new Ledger();
    const page = ledger.page(set, 'ipv4');
    const store = createVolatileStore();
    const journal = new Journal(store, () => undefined);
    const backend = createMemoryBackend();
    const watch = new SetWatch(backend, () => undefined);
    const policy = createPolicy({}, []);
    const context = { backend, watch, clock, policy, notes: journal, warn: () => undefined };
    const upkeep = new Upkeep(set, page, context);
    const lease = (address: string, until = Infinity) =>
      registerColumns([{ address, until, stamp: clock.nowMs() }]);
    store.load = (visitor) => {
      visitor.entries(set, lease('192.0.2.1', now + 1));
      visitor.entries(set, lease('192.0.2.2'));
      clock.advance(2000);
      page.takeDue(clock.nowMs(), 10);
      page.merge(lease('192.0.2.3'), 0, 1, clock.nowMs(), new Uint8Array(1), new Int32Array(1));
      visitor.entries(set, lease('192.0.2.1'));
      return createVolatileStore().load(visitor);
    };
    await restoreLedger(journal, ledger, () => upkeep, clock);
    const { table } = upkeep.plan;
    expect(table.size).toBe(2);
    const { words } = lease('192.0.2.1');
    expect(table.find(words, 0, 32)).toBe(0);
    expect(upkeep.plan.wanted[0]).toBe(Infinity);
  });
});
