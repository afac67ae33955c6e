import { describe, expect, it } from '@jest/globals';
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises';
import { MemoryDisk, systemError } from '../testing/memory-disk.js';
import { entryTexts, recordsOf, registerColumns } from '../testing/store-records.js';
import type { SetName } from '../words/names.js';
import { openFileStore } from './file-store.js';
import { Journal } from './journal.js';
import type { JournalPiece } from './store.js';

const set = 'blacklist' as SetName;
const path = '/state/ledger.journal';
const columns = registerColumns([{ address: '192.0.2.1', stamp: 1 }]);

/** Somebody's work that takes its time. */
function work(milliseconds: number): void {
  for (const end = performance.now() + milliseconds; performance.now() < end;);
}

async function waitUntil(holds: () => boolean): Promise<void> {
  for (let count = 0; !holds() && count < 100; count++) await sleep(50);
  expect(holds()).toBe(true);
}

describe('a slow disk', () => {
  it('does not hold up what is appended', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    let syncs = 0;
    let finish: () => void = () => undefined;
    disk.sync = () => {
      syncs += 1;
      return new Promise((resolve) => (finish = resolve));
    };
    store.append(set, columns);
    await waitUntil(() => syncs === 1);
    for (let count = 0; count < 100; count++) store.append(set, columns);
    expect((await recordsOf(store)).records).toHaveLength(101);
    finish();
    const closed = store.close();
    // Closing waits for it.
    await waitUntil(() => syncs === 2);
    finish();
    await closed;
  });

  it('is not synced where nothing has come', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    let syncs = 0;
    disk.fate = ({ name }) => {
      if (name === 'sync') syncs += 1;
      return undefined;
    };
    await sleep(1200);
    expect(syncs).toBe(0);
    await store.close();
    expect(syncs).toBe(0);
  });
});

describe('what is lost behind the back', () => {
  it.each([
    [
      'a disk that fails while it is synced',
      (disk: MemoryDisk) => {
        disk.fate = ({ name }) => (name === 'sync' ? systemError('EIO') : undefined);
      },
      `cannot keep ${path}: EIO: as the test wants it`,
    ],
    [
      'a file that was deleted',
      (disk: MemoryDisk) => {
        disk.delete(path);
      },
      `cannot keep ${path}: the file was deleted`,
    ],
  ])('is told: %s', async (_, strike, message) => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    strike(disk);
    store.append(set, columns);
    expect(store.durable).toBe(true);
    await waitUntil(() => store.trouble !== undefined);
    expect(store.durable).toBe(false);
    expect(store.trouble).toMatchObject({ kind: 'lost', error: { code: 'STORE_FAILED', message } });
    disk.fate = () => undefined;
    await store.replace([{ set, columns }]);
    expect(store.durable).toBe(true);
    await store.close();
    const next = await openFileStore('/state', { disk: disk.next() });
    expect((await recordsOf(next)).records).toEqual(entryTexts(set, columns));
    await next.close();
  });
});

describe('a long journal', () => {
  it('tells how long it is before it is read, and so how many leases there may be', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    for (let count = 0; count < 100; count++) store.append(set, columns);
    await store.close();
    const next = await openFileStore('/state', { disk: disk.next() });
    expect(next.bytes).toBe(disk.content(path).length);
    const { mostLeases } = new Journal(next, () => undefined);
    expect(mostLeases).toBeGreaterThan(100);
    await next.close();
  });

  it('holds no more leases than that, also where one takes as little as can be', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    const addresses = Array.from({ length: 1000 }, (_, n) => `10.0.${n >> 8}.${n & 255}`);
    store.append(set, registerColumns(addresses.map((address) => ({ address, stamp: 1 }))));
    await store.close();
    const next = await openFileStore('/state', { disk: disk.next() });
    const { mostLeases } = new Journal(next, () => undefined);
    expect(mostLeases).toBeGreaterThanOrEqual(1000);
    expect(mostLeases).toBeLessThan(1100);
    await next.close();
  });

  it('lets others run every few milliseconds, while it is read and while it is written', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    const pieces = function* (): Generator<JournalPiece> {
      for (let count = 0; count < 100; count++) {
        work(1);
        yield { set, columns };
      }
    };
    let turns = 0;
    const watch = new AbortController();
    const counting = (async () => {
      for (; !watch.signal.aborted; turns++) await nextTurn();
    })();
    await store.replace(pieces());
    // A slice of work has 2 ms, and ends with the piece of 1 ms that goes beyond.
    expect(turns).toBeGreaterThanOrEqual(25);
    turns = 0;
    await store.load({
      entries: () => {
        work(1);
      },
      cleared: () => undefined,
      foreign: () => undefined,
      widened: () => undefined,
    });
    expect(turns).toBeGreaterThanOrEqual(25);
    watch.abort();
    await counting;
    await store.close();
  });

  it('is never in memory as a whole', async () => {
    const disk = new MemoryDisk();
    const store = await openFileStore('/state', { disk });
    const thousand = registerColumns(
      Array.from({ length: 1000 }, (_, n) => ({
        address: '192.0.2.1',
        stamp: Math.sqrt(n),
        reason: `${'x'.repeat(200)}${String(n)}`,
      })),
    );
    for (let count = 0; count < 40; count++) store.append(set, thousand);
    let longest = 0;
    const read = disk.read.bind(disk);
    disk.read = (descriptor, into, position) => {
      longest = Math.max(longest, into.length);
      return read(descriptor, into, position);
    };
    const write = disk.write.bind(disk);
    disk.write = (descriptor, bytes, position) => {
      longest = Math.max(longest, bytes.length);
      return write(descriptor, bytes, position);
    };
    expect((await recordsOf(store)).records).toHaveLength(40_000);
    await store.replace(Array.from({ length: 40 }, () => ({ set, columns: thousand })));
    expect(disk.content(path).length).toBeGreaterThan(8e6);
    expect(longest).toBeLessThan(1e6);
    await store.close();
  });
});
