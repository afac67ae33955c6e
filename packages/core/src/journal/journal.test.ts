import { describe, expect, it } from '@jest/globals';
import { setTimeout as sleep } from 'node:timers/promises';
import { addressColumns } from '../address/address-columns.js';
import { testAddress } from '../testing/contract-case.js';
import { MemoryDisk, systemError } from '../testing/memory-disk.js';
import { entryTexts, recordsOf, registerColumns } from '../testing/store-records.js';
import { VallumError } from '../words/errors.js';
import type { SetName } from '../words/names.js';
import { openFileStore } from './file-store.js';
import { Journal } from './journal.js';
import type { JournalPiece, LedgerStore, StoreTrouble } from './store.js';
import { createVolatileStore } from './volatile-store.js';

const set = 'blacklist' as SetName;
const path = '/state/ledger.journal';
const nobody = {
  entries: () => undefined,
  cleared: () => undefined,
  foreign: () => undefined,
  widened: () => undefined,
};

/** Some bans; each call's are others. */
function bans(from: number, count = 1) {
  return registerColumns(
    Array.from({ length: count }, (_, index) => ({ address: '192.0.2.1', stamp: from + index })),
  );
}

const thousand = bans(1, 1000);

function appendThousands(journal: Journal, count: number): void {
  for (let index = 0; index < count; index++) journal.append(set, thousand);
}

async function setUp(disk = new MemoryDisk()) {
  const store = await openFileStore('/state', { disk });
  const warnings: string[] = [];
  const clock = { nowMs: 0 };
  const journal = new Journal(
    store,
    (sentence) => warnings.push(sentence),
    () => clock.nowMs,
  );
  const summary = await journal.restore(nobody);
  /** Everything that happened, which a rewrite writes. */
  const ledger: number[] = [];
  let rewrites = 0;
  const ban = (stamp: number) => {
    ledger.push(stamp);
    journal.append(set, bans(stamp));
  };
  const pieces = function* (): Generator<JournalPiece> {
    rewrites += 1;
    yield {
      set,
      columns: registerColumns(ledger.map((stamp) => ({ address: '192.0.2.1', stamp }))),
    };
  };
  const tend = () => journal.tend(pieces);
  return {
    ...{ disk, store, journal, warnings, clock, summary, ban, pieces, tend },
    rewrites: () => rewrites,
    kept: async () => {
      const next = await openFileStore('/state', { disk: disk.next() });
      const { records } = await recordsOf(next);
      await next.close();
      return records;
    },
  };
}

async function waitUntil(holds: () => boolean): Promise<void> {
  for (let count = 0; !holds() && count < 100; count++) await sleep(50);
}

function textsOf(...stamps: number[]): string[] {
  return stamps.flatMap((stamp) => entryTexts(set, bans(stamp)));
}

describe('the journal of a disk that becomes full', () => {
  it('says so once, is not durable from then on, and is once a rewrite has brought it all', async () => {
    const disk = new MemoryDisk();
    disk.canReserve = false;
    const { journal, warnings, clock, ban, tend, kept } = await setUp(disk);
    ban(1);
    expect(journal.durable).toBe(true);
    disk.free = 0;
    ban(2);
    expect(journal.durable).toBe(false);
    ban(3);
    await tend();
    clock.nowMs += 60_000;
    await tend();
    expect(journal.stale).toBe(true);
    expect(warnings).toEqual([
      `cannot write ${path}: ENOSPC: as the test wants it; make room on this disk; until this works ` +
        'again, what is banned and unbanned is kept in memory and in the kernel sets only',
    ]);
    expect(await kept()).toEqual(textsOf(1));

    disk.free = Infinity;
    clock.nowMs += 60_000;
    await tend();
    expect(journal.durable).toBe(true);
    expect(warnings.slice(1)).toEqual(['the ledger is kept on disk again']);
    ban(4);
    expect(await kept()).toEqual(textsOf(1, 2, 3, 4));
  });

  it('stays stale when an append works again, for what failed is still missing', async () => {
    const { disk, journal, ban, kept } = await setUp();
    ban(1);
    disk.fate = ({ name }) => (name === 'writeNow' ? systemError('EIO') : undefined);
    ban(2);
    disk.fate = () => undefined;
    ban(3);
    expect(journal.durable).toBe(false);
    expect(await kept()).toEqual(textsOf(1, 3));
  });

  it('stays stale where an append fails during the rewrite that mends it', async () => {
    const { disk, journal, ban, tend } = await setUp();
    const fail = () => {
      disk.fate = ({ name }) => (name === 'writeNow' ? systemError('EIO') : undefined);
    };
    fail();
    ban(1);
    disk.fate = () => undefined;
    const tending = tend();
    fail();
    ban(2);
    disk.fate = () => undefined;
    await tending;
    expect(journal.durable).toBe(false);
    await tend();
    expect(journal.durable).toBe(true);
  });

  it('tries a rewrite that failed less and less often, up to once a minute', async () => {
    const { disk, clock, ban, tend, rewrites } = await setUp();
    disk.fate = ({ name }) =>
      name === 'writeNow' || name === 'sync' ? systemError('ENOSPC') : undefined;
    ban(1);
    const moments: number[] = [];
    for (clock.nowMs = 0; clock.nowMs < 300_000; clock.nowMs += 1000) {
      const before = rewrites();
      await tend();
      if (rewrites() > before) moments.push(clock.nowMs / 1000);
    }
    expect(moments).toEqual([0, 1, 3, 7, 15, 31, 63, 123, 183, 243]);
  });

  it('says when only what was reserved is left, and when there is room again', async () => {
    const { disk, store, journal, warnings, tend } = await setUp();
    // Time for the first reserve, then for the second, that does not fit.
    await new Promise((resolve) => setImmediate(resolve));
    disk.free = 0;
    const fat = registerColumns(
      Array.from({ length: 200 }, (_, n) => ({
        address: '192.0.2.1',
        reason: `${'x'.repeat(500)}${String(n)}`,
      })),
    );
    for (let count = 0; store.trouble === undefined; count++) {
      expect(count).toBeLessThan(200);
      journal.append(set, fat);
      await Promise.resolve();
    }
    await tend();
    expect(journal.room).toBe('low');
    expect(journal.durable).toBe(true);
    expect(warnings).toEqual([
      `cannot reserve room for ${path}: ENOSPC: as the test wants it; make room on this disk; until ` +
        'there is room, bans are written into what was reserved for them',
    ]);
    disk.free = Infinity;
    // It looks again every second.
    await waitUntil(() => journal.room === 'ok');
    await tend();
    expect(warnings.slice(1)).toEqual(['the disk has room for the ledger again']);
    await journal.close();
  });

  it('goes on where only a rewrite that would shorten it fails', async () => {
    const { disk, journal, warnings, clock, ban, tend } = await setUp();
    appendThousands(journal, 30);
    disk.fate = ({ name, path: where }) =>
      name === 'write' && where.endsWith('.new') ? systemError('ENOSPC') : undefined;
    await tend();
    ban(2);
    expect(journal.durable).toBe(true);
    expect(warnings).toEqual([
      `cannot rewrite ${path}: ENOSPC: as the test wants it; make room on this disk; until this ` +
        "works the journal's file keeps growing",
    ]);
    disk.fate = () => undefined;
    clock.nowMs += 60_000;
    await tend();
    expect(warnings.slice(1)).toEqual(['the journal was rewritten']);
  });
});

describe('the journal of a store of somebody else', () => {
  function storeWith(part: Partial<LedgerStore>): LedgerStore {
    return { ...createVolatileStore(), durable: true, ...part };
  }

  it('goes on when it throws what is no VallumError', () => {
    const warnings: string[] = [];
    const store = storeWith({
      append: () => {
        throw new TypeError('oops');
      },
    });
    const journal = new Journal(store, (sentence) => warnings.push(sentence));
    journal.append(set, bans(1));
    expect(journal.durable).toBe(false);
    expect(warnings).toEqual([expect.stringMatching(/^oops; until this works again/)]);
  });

  it('notices what is lost behind its back, and writes it anew', async () => {
    let trouble: StoreTrouble | undefined;
    const error = new VallumError('the file was deleted', { code: 'STORE_FAILED', operation: 'x' });
    const store = storeWith({
      replace: () => Promise.resolve((trouble = undefined)),
    });
    Object.defineProperty(store, 'trouble', { get: () => trouble });
    const warnings: string[] = [];
    const journal = new Journal(store, (sentence) => warnings.push(sentence));
    trouble = { kind: 'lost', error };
    expect(journal.durable).toBe(false);
    await journal.tend(() => []);
    expect(journal.durable).toBe(true);
    expect(warnings).toEqual([
      expect.stringMatching(/^the file was deleted; /),
      'the ledger is kept on disk again',
    ]);
  });

  it('is not durable over one that is not, and says nothing about it', async () => {
    const warnings: string[] = [];
    const journal = new Journal(createVolatileStore(), (sentence) => warnings.push(sentence));
    journal.append(set, bans(1));
    journal.note(set, 'foreign', addressColumns('ipv4', [testAddress('192.0.2.1')]));
    await journal.tend(() => []);
    expect(journal.durable).toBe(false);
    expect(journal.stale).toBe(false);
    expect(warnings).toEqual([]);
    await journal.close();
  });
});

describe('the journal of the journal', () => {
  it('is rewritten when it has grown, and left alone when it has not', async () => {
    const { journal, tend, rewrites } = await setUp();
    await tend();
    appendThousands(journal, 20);
    // What is not wanted is not written, and makes nothing longer.
    journal.append(set, thousand, new Uint8Array(1000));
    await tend();
    expect(rewrites()).toBe(0);
    journal.append(set, bans(1, 2));
    await tend();
    await tend();
    expect(rewrites()).toBe(1);
  });

  it('is rewritten after a start with as much slack as before it', async () => {
    const { disk, journal } = await setUp();
    appendThousands(journal, 30);
    await journal.close();
    const { rewrites, tend, summary } = await setUp(disk);
    expect(summary).toMatchObject({ records: 30_000, appended: 30_000 });
    await tend();
    expect(rewrites()).toBe(1);
  });

  it('has an eighth of slack where it is long', async () => {
    const { disk, store, journal } = await setUp();
    await store.replace(Array.from({ length: 400 }, () => ({ set, columns: thousand })));
    await journal.close();
    const next = await setUp(disk);
    appendThousands(next.journal, 50);
    await next.tend();
    expect(next.rewrites()).toBe(0);
    next.journal.append(set, bans(1));
    await next.tend();
    expect(next.rewrites()).toBe(1);
  });

  it('is left alone while it is long because the ledger is', async () => {
    const { journal, rewrites, pieces } = await setUp();
    appendThousands(journal, 200);
    await journal.tend(pieces, 200_000);
    expect(rewrites()).toBe(0);
    appendThousands(journal, 21);
    await journal.tend(pieces, 200_000);
    expect(rewrites()).toBe(1);
  });

  it('says what was damaged, and is rewritten', async () => {
    const { disk, ban, journal } = await setUp();
    ban(1);
    ban(2);
    await journal.close();
    const content = disk.content(path);
    content[120] = (content[120] ?? 0) ^ 1;
    disk.put(path, content);
    const next = await setUp(disk);
    expect(next.warnings).toEqual([
      expect.stringMatching(
        /^the ledger's journal is damaged in 1 place: \d+ bytes could not be read, and they are set aside in \/state\/ledger\.damaged-\S+; the rest was read$/,
      ),
    ]);
    await next.tend();
    expect(next.rewrites()).toBe(1);
    await next.journal.close();
    expect((await setUp(disk)).warnings).toEqual([]);
  });

  it('throws on what the work throws, and is as durable as before', async () => {
    const { journal, kept } = await setUp();
    expect(() => {
      journal.together(() => {
        journal.append(set, bans(1));
        throw new TypeError('not the disk');
      });
    }).toThrow('not the disk');
    expect(journal.durable).toBe(true);
    expect(await kept()).toEqual(textsOf(1));
  });

  it('writes once what is appended together', async () => {
    const { disk, journal } = await setUp();
    let writes = 0;
    disk.fate = ({ name }) => {
      if (name === 'writeNow') writes += 1;
      return undefined;
    };
    journal.together(() => {
      for (let stamp = 1; stamp <= 1000; stamp++) journal.append(set, bans(stamp));
    });
    expect(writes).toBe(1);
  });
});
