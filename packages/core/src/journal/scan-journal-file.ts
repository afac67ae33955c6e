import type { Disk } from '../system/disk.js';
import { checkHeader } from './open-journal.js';
import { scanFrames, type FrameSink } from './scan-frames.js';
import { storeError } from './store-error.js';

/**
 * Finds the frames of a journal up to where it is now. Only reads, and does not wait for the lock. Yields
 * as `scanFrames`.
 *
 * @throws VallumError `STORE_FAILED`: none there, not readable, or a newer version's
 */
export async function* scanJournalFile(
  disk: Disk,
  path: string,
  sink: FrameSink,
): AsyncGenerator<void> {
  let descriptor: number | undefined;
  try {
    descriptor = await disk.open(path, 'read');
    const file = descriptor;
    const from = await checkHeader(disk, path, file);
    const { size } = await disk.status(file);
    yield* scanFrames((into, position) => disk.read(file, into, position), from, size, sink);
  } catch (cause) {
    throw storeError(`read ${path}`, cause);
  } finally {
    if (descriptor !== undefined) disk.closeNow(descriptor);
  }
}
