import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { parseAddress } from '../address/parse.js';
import { createMemoryStore, type MemoryStore } from '../testing/memory-store.js';
import { addressLines, startEngine, type Engine } from './engine.fixture.js';
import { Upkeep } from './upkeep.js';

const SETS = [
  { set: 'blacklist', type: 'hash:net', family: 'ipv4', defaultTimeoutSeconds: 0 },
] as const;
const BANS = 3_000;

afterEach(() => {
  jest.restoreAllMocks();
});

/** A journal of many bans, and of what `entries` protect. */
async function journalOf(entries: string): Promise<MemoryStore> {
  const store = createMemoryStore();
  const engine = await startEngine(SETS, { store });
  await engine.send('blacklist/add', addressLines(BANS));
  await engine.send('vallum/protect/add', entries);
  await engine.node.close();
  return store;
}

/** A start that begins with the journal, and how many bans were decided again behind the reading. */
async function startAgain(
  store: MemoryStore,
  policy: Parameters<typeof startEngine>[1] = {},
): Promise<{ engine: Engine; again: number }> {
  const read = store.pieces.reduce(
    (sum, { note, columns }) => (note === undefined ? sum + columns.length : sum),
    0,
  );
  const followed = jest.spyOn(Upkeep.prototype, 'follow');
  const engine = await startEngine(SETS, { store, ...policy });
  return { engine, again: followed.mock.calls.length - read };
}

describe('a start with many bans', () => {
  it("decides those alone again that the fleet's protect list concerns", async () => {
    const store = await journalOf('10.0.0.7 origin vallumd:one');
    const { engine, again } = await startAgain(store);
    expect(again).toBe(1);
    const held = await engine.held('blacklist');
    expect(held).toHaveLength(BANS - 1);
    expect(held).not.toContain('10.0.0.7');
    expect(engine.node.status().protection).toMatchObject({ entries: 1 });
    expect(engine.reports).toMatchObject([
      { outcome: 'refused', code: 'protected', address: '10.0.0.7' },
    ]);
    await engine.node.close();
  });

  it('decides none again for the addresses of this host, by which they are read', async () => {
    // The wide one is in the journal, and refused by the list alone.
    const store = await journalOf('198.51.100.1 origin vallumd:one\n198.0.0.0/8 origin web1');
    const own = parseAddress('198.51.100.2');
    if (!own.ok) throw new Error(own.detail);
    const protectHost = () => Promise.resolve([{ address: own.value, because: 'address of eth0' }]);
    const { engine, again } = await startAgain(store, { policy: { protectHost } });
    expect(again).toBe(0);
    expect(await engine.held('blacklist')).toHaveLength(BANS);
    await engine.node.close();
  });

  it('decides all again where one that was read is not allowed any more', async () => {
    const store = await journalOf('198.51.100.1 origin vallumd:one');
    const { engine, again } = await startAgain(store, { policy: { protect: ['10.0.0.9'] } });
    expect(again).toBe(BANS);
    expect(await engine.held('blacklist')).toHaveLength(BANS - 1);
    await engine.node.close();
  });
});
