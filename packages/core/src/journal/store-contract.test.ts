import { describe, it } from '@jest/globals';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ledgerStoreContract } from '../testing/ledger-store-contract.js';
import { MemoryDisk } from '../testing/memory-disk.js';
import { openFileStore } from './file-store.js';
import { createVolatileStore } from './volatile-store.js';

describe('the file store', () => {
  const onDisk = ledgerStoreContract(() => {
    const folder = mkdtempSync(join(tmpdir(), 'vallum-store-'));
    return Promise.resolve({
      open: () => openFileStore(join(folder, 'state')),
      dispose() {
        rmSync(folder, { recursive: true });
        return Promise.resolve();
      },
    });
  });
  for (const { title, run } of onDisk) it(title, run);
});

describe('the file store on a disk that cannot reserve room', () => {
  const inMemory = ledgerStoreContract(() => {
    const disk = new MemoryDisk();
    disk.canReserve = false;
    return Promise.resolve({
      open: () => openFileStore('/state', { disk }),
      dispose: () => Promise.resolve(),
    });
  });
  for (const { title, run } of inMemory) it(title, run);
});

describe('the volatile store', () => {
  const volatile = ledgerStoreContract(
    () =>
      Promise.resolve({
        open: () => Promise.resolve(createVolatileStore()),
        dispose: () => Promise.resolve(),
      }),
    { keeps: false },
  );
  for (const { title, run } of volatile) it(title, run);
});
