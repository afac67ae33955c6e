import { describe, expect, it } from '@jest/globals';
import { openFileStore } from '../journal/file-store.js';
import type { LedgerStore } from '../journal/store.js';
import { createVolatileStore } from '../journal/volatile-store.js';
import { ledgerStoreContract } from './ledger-store-contract.js';
import { MemoryDisk } from './memory-disk.js';

/** Titles of the cases that a file store fails once a part of it is replaced by a lie. */
async function failuresOf(lie: (honest: LedgerStore) => Partial<LedgerStore>): Promise<string[]> {
  let disposed = 0;
  const cases = ledgerStoreContract(() => {
    const disk = new MemoryDisk();
    return Promise.resolve({
      async open() {
        const honest = await openFileStore('/state', { disk });
        return {
          durable: true,
          load: honest.load.bind(honest),
          append: honest.append.bind(honest),
          note: honest.note.bind(honest),
          together: honest.together.bind(honest),
          replace: honest.replace.bind(honest),
          close: honest.close.bind(honest),
          ...lie(honest),
        };
      },
      dispose: () => Promise.resolve(void (disposed += 1)),
    });
  });
  const failed: string[] = [];
  for (const { title, run } of cases) await run().catch(() => failed.push(title));
  expect(disposed).toBe(cases.length);
  return failed;
}

describe('the contract for stores of a ledger', () => {
  it('passes an honest store', async () => {
    expect(await failuresOf(() => ({}))).toEqual([]);
  });

  it('fails one that calls itself durable and keeps nothing', async () => {
    const volatile = createVolatileStore();
    const failed = await failuresOf(() => ({ ...volatile, durable: true }));
    expect(failed).toContain('keeps many, in their order');
    expect(failed.length).toBeGreaterThan(8);
  });

  it('fails one that does not call itself durable', async () => {
    const all = ledgerStoreContract(() => Promise.reject(new Error('not called')));
    expect(await failuresOf(() => ({ durable: false }))).toHaveLength(all.length);
  });

  it('fails one that keeps what is not wanted', async () => {
    const failed = await failuresOf((honest) => ({
      append: (set, columns) => {
        honest.append(set, columns);
      },
    }));
    expect(failed).toEqual(['appends only what is wanted']);
  });

  it('fails one that forgets notes', async () => {
    expect(await failuresOf(() => ({ note: () => undefined }))).toEqual([
      'keeps notes in their place among the entries',
      'keeps what is appended together, also in parts of it',
    ]);
  });

  it('fails one that adds where it should replace', async () => {
    const failed = await failuresOf((honest) => ({
      replace(pieces) {
        for (const piece of pieces) {
          if (piece.note === undefined) honest.append(piece.set, piece.columns);
          else honest.note(piece.set, piece.note, piece.columns);
        }
        return Promise.resolve();
      },
    }));
    expect(failed).toContain('replaces everything');
    expect(failed).toContain('stays as it was where the pieces throw');
  });
});
