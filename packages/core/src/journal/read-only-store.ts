import { join } from 'node:path';
import type { Disk } from '../system/disk.js';
import { systemDisk } from '../system/system-disk.js';
import { JOURNAL } from './file-store.js';
import { FrameReader } from './frame-reader.js';
import { scanJournalFile } from './scan-journal-file.js';
import type { JournalVisitor, LedgerStore, LoadSummary } from './store.js';

/**
 * The journal in a state folder, to be looked at: it is read up to where it is, takes no lock, and keeps
 * nothing of what it is given. For a node that nobody bans by.
 */
export function createReadOnlyStore(
  folder: string,
  options: { readonly disk?: Disk } = {},
): LedgerStore {
  const { disk = systemDisk } = options;
  return {
    durable: false,
    load: (visitor) => load(disk, join(folder, JOURNAL), visitor),
    append: () => undefined,
    note: () => undefined,
    together: (work) => {
      work();
    },
    replace: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

async function load(disk: Disk, path: string, visitor: JournalVisitor): Promise<LoadSummary> {
  const reader = new FrameReader();
  const counts = { records: 0, places: 0, bytes: 0, tornBytes: 0 };
  const frames = scanJournalFile(disk, path, {
    frame: (buffer, start, end) => {
      const facts = reader.read(buffer, start, end, visitor);
      counts.records += facts?.rows ?? 0;
      return facts !== undefined;
    },
    damage: ({ length }, _position, isNew) => {
      counts.bytes += length;
      if (isNew) counts.places += 1;
      return Promise.resolve();
    },
    torn: (length) => {
      counts.tornBytes = length;
    },
  });
  for await (const _ of frames);
  const { records, places, bytes, tornBytes } = counts;
  const damage = places === 0 ? undefined : { places, bytes, setAside: undefined };
  return { records, appended: 0, damage, tornBytes, takenOver: undefined };
}
