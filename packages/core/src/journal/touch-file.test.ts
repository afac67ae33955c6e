import { describe, expect, it } from '@jest/globals';
import { registerColumns } from '../testing/store-records.js';
import { MemoryDisk } from '../testing/memory-disk.js';
import type { SetName } from '../words/names.js';
import { openFileStore } from './file-store.js';

const FOLDER = '/state';

async function storeWithALease(disk: MemoryDisk) {
  const store = await openFileStore(FOLDER, { disk });
  store.append(
    'blacklist' as SetName,
    registerColumns([{ address: '192.0.2.7', stamp: 1, until: 9 }]),
  );
  return store;
}

describe('when a node was last among others', () => {
  it('is kept on a disk that is full', async () => {
    const disk = new MemoryDisk();
    const store = await storeWithALease(disk);
    await store.touch?.(1_795_420_000);
    disk.free = 0;
    await store.touch?.(1_795_420_060);
    await store.close();
    expect((await openFileStore(FOLDER, { disk })).touchedUnix).toBe(1_795_420_060);
  });

  it('is forgotten where the leases are lost, so that the node passes for a new one', async () => {
    const disk = new MemoryDisk();
    const store = await storeWithALease(disk);
    await store.touch?.(1_795_420_000);
    await store.close();
    await disk.remove(`${FOLDER}/ledger.journal`);
    expect((await openFileStore(FOLDER, { disk })).touchedUnix).toBeUndefined();
  });

  it('counts as never where the file holds something else', async () => {
    const disk = new MemoryDisk();
    const store = await storeWithALease(disk);
    await store.touch?.(1_795_420_000);
    await store.close();
    const descriptor = await disk.open(`${FOLDER}/last-among-others`, 'edit');
    await disk.write(descriptor, Buffer.from('yesterday!\n'), 0);
    expect((await openFileStore(FOLDER, { disk })).touchedUnix).toBeUndefined();
  });
});
