import { describe, expect, it } from '@jest/globals';
import { addressColumns } from '../address/address-columns.js';
import { testAddress } from '../testing/contract-case.js';
import { Killed, MemoryDisk, systemError, type DiskFate } from '../testing/memory-disk.js';
import {
  entryTexts,
  recordsOf,
  registerColumns,
  type TestEntry,
} from '../testing/store-records.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { openFileStore } from './file-store.js';
import type { JournalPiece, LedgerStore } from './store.js';

const set = 'blacklist' as SetName;
const folder = '/state';

const cleared = addressColumns('ipv4', [testAddress('192.0.2.1')]);

function ban(n: number): TestEntry {
  return { address: `192.0.2.${String(n)}`, stamp: n, origin: `web${String(n % 3)}`, reason: 'x' };
}

/** A life of a store, told by what its owner was promised. */
class Life {
  readonly attempted = new Set<string>();
  readonly acknowledged = new Set<string>();
  /** Acknowledged before something that also a power cut may not undo. */
  synced = new Set<string>();

  async run(disk: MemoryDisk): Promise<void> {
    let store: LedgerStore;
    try {
      store = await openFileStore(folder, { disk });
      await recordsOf(store);
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_FAILED' });
      return;
    }
    this.#append(store, ban(1));
    this.#together(store, [ban(2), ban(3)]);
    this.#try(['cleared blacklist 192.0.2.1'], () => {
      store.note(set, 'cleared', cleared);
    });
    await this.#replace(store, [ban(4), ban(5)]);
    this.#append(store, ban(6));
    await this.#replace(store, [ban(7)]);
    this.#together(store, [ban(8), ban(9)]);
    const before = [...this.acknowledged];
    await store.close().then(
      () => (this.synced = new Set(before)),
      () => undefined,
    );
  }

  #append(store: LedgerStore, entry: TestEntry): void {
    const columns = registerColumns([entry]);
    this.#try(entryTexts(set, columns), () => {
      store.append(set, columns);
    });
  }

  #together(store: LedgerStore, entries: readonly TestEntry[]): void {
    const texts = entryTexts(set, registerColumns(entries));
    this.#try(texts, () => {
      store.together(() => {
        for (const entry of entries) store.append(set, registerColumns([entry]));
      });
    });
  }

  /** Replaces by everything that was attempted, and appends meanwhile. */
  async #replace(store: LedgerStore, meanwhile: readonly TestEntry[]): Promise<void> {
    const all = [...this.attempted].filter((text) => text.startsWith('ban'));
    const before = [...this.acknowledged].filter((text) => text.startsWith('ban'));
    const append = this.#append.bind(this);
    const pieces = function* (): Generator<JournalPiece> {
      const entries = all.map((text) => ban(Number(/192\.0\.2\.(\d+)/.exec(text)?.[1])));
      for (const entry of entries) yield { set, columns: registerColumns([entry]) };
      yield { set, note: 'cleared', columns: cleared };
      for (const entry of meanwhile) append(store, entry);
    };
    try {
      await store.replace(pieces());
      if (store.trouble === undefined) this.synced = new Set(before);
    } catch (error) {
      expect(error).toBeInstanceOf(VallumError);
    }
  }

  #try(texts: readonly string[], write: () => void): void {
    for (const text of texts) this.attempted.add(text);
    try {
      write();
      for (const text of texts) this.acknowledged.add(text);
    } catch (error) {
      expect(error).toMatchObject({ code: 'STORE_FAILED' });
    }
  }

  async expectKept(disk: MemoryDisk, promised = this.acknowledged): Promise<void> {
    const store = await openFileStore(folder, { disk });
    const { records, summary } = await recordsOf(store);
    for (const text of promised) expect(records).toContain(text);
    for (const text of records) expect([...this.attempted]).toContain(text);
    expect(summary.damage).toBeUndefined();
    // It can be written to as ever.
    const more = registerColumns([ban(99)]);
    store.append(set, more);
    await store.close();
    const again = await openFileStore(folder, { disk });
    expect((await recordsOf(again)).records).toEqual([...records, ...entryTexts(set, more)]);
    await again.close();
  }
}

async function callsOfALife(): Promise<string[]> {
  const disk = new MemoryDisk();
  const calls: string[] = [];
  disk.fate = ({ name, path }) => void calls.push(`${name} ${path}`);
  const life = new Life();
  await life.run(disk);
  expect(life.acknowledged.size).toBe(10);
  return calls;
}

async function lifeWith(number: number, fate: DiskFate): Promise<{ life: Life; disk: MemoryDisk }> {
  const disk = new MemoryDisk();
  disk.fate = (call) => (call.number === number ? fate : undefined);
  const life = new Life();
  await life.run(disk);
  return { life, disk };
}

describe('a journal whose process is killed', () => {
  it.each(['kill before', 'kill amid', 'kill behind'] as const)(
    'holds all that was acknowledged and nothing that was not asked for: %s each call',
    async (fate) => {
      const calls = await callsOfALife();
      expect(calls.length).toBeGreaterThan(30);
      for (let number = 1; number <= calls.length; number++) {
        const { life, disk } = await lifeWith(number, fate);
        await life.expectKept(disk.next());
      }
    },
  );

  it.each(['synced', 'all'] as const)(
    'holds what was written before the last rewrite when the power goes off: %s names',
    async (names) => {
      const calls = await callsOfALife();
      for (let number = 1; number <= calls.length; number++) {
        const { life, disk } = await lifeWith(number, 'kill behind');
        await life.expectKept(disk.afterPowerCut(names), life.synced);
      }
    },
  );
});

describe('a journal on a disk that fails', () => {
  it.each(['ENOSPC', 'EIO', 'EROFS'])(
    'holds all that was acknowledged: %s at each call',
    async (code) => {
      const calls = await callsOfALife();
      for (let number = 1; number <= calls.length; number++) {
        const { life, disk } = await lifeWith(number, systemError(code));
        await life.expectKept(disk.next());
      }
    },
  );

  it.each(['ENOSPC', 'EIO'])(
    'holds all that was acknowledged: %s from each call on',
    async (code) => {
      const calls = await callsOfALife();
      for (let number = 1; number <= calls.length; number++) {
        const disk = new MemoryDisk();
        disk.fate = (call) => (call.number >= number ? systemError(code) : undefined);
        const life = new Life();
        await life.run(disk);
        await life.expectKept(disk.next());
      }
    },
  );

  it('holds all that was acknowledged, however much room there is', async () => {
    for (let free = 0; free < 3000; free += 40) {
      const disk = new MemoryDisk();
      disk.canReserve = false;
      disk.free = free;
      const life = new Life();
      await life.run(disk);
      await life.expectKept(disk.next());
    }
  });
});

describe('what a killed process throws', () => {
  it('is not taken for a refusal of the disk', async () => {
    const disk = new MemoryDisk();
    disk.fate = () => 'kill before';
    await expect(disk.makeFolder('/x')).rejects.toBeInstanceOf(Killed);
  });
});
