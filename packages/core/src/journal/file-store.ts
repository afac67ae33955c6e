import { join } from 'node:path';
import type { AddressColumns } from '../address/address-columns.js';
import type { EntryColumns } from '../message/entry-columns.js';
import type { Disk } from '../system/disk.js';
import { systemDisk } from '../system/system-disk.js';
import type { SetName } from '../words/names.js';
import { HEADER_LENGTH, encodeHeader } from './file-header.js';
import { lockFolder } from './folder-lock.js';
import { FrameReader } from './frame-reader.js';
import { FrameWriter } from './frame-writer.js';
import { JournalFile, writeWhole } from './journal-file.js';
import { openJournal } from './open-journal.js';
import { scanFrames } from './scan-frames.js';
import { keepDamaged, SetAside } from './set-aside.js';
import { storeError } from './store-error.js';
import type {
  JournalNote,
  JournalPiece,
  JournalVisitor,
  LedgerStore,
  LoadSummary,
  StoreTrouble,
} from './store.js';
import { TouchFile } from './touch-file.js';
import { OLD_JOURNAL, OLD_JOURNAL_TAKEN_OVER, takeOver } from './take-over.js';
import { writePieces } from './write-pieces.js';

/** The journal's name in the state folder. */
export const JOURNAL = 'ledger.journal';

/** Of what was appended during a rewrite, so much is carried over at one go. */
const LAST_BYTES = 1 << 16;

/** What `openFileStore` takes beside the folder. */
export interface FileStoreOptions {
  /** Who writes, as a newer version's refusal names it: `vallumd 0.4.0`. Default: `vallum`. */
  readonly writer?: string;
  /** Default: the machine's own. */
  readonly disk?: Disk;
  /** Unix milliseconds. Default: the machine's clock. */
  readonly nowMs?: () => number;
}

/**
 * Keeps the ledger as `ledger.journal` in a folder: appended to as things happen, rewritten when asked
 * to. What is appended is in the page cache when `append` returns, where a crash of the process
 * cannot reach it; a crash of the machine may lose the last second.
 *
 * @param folder made where it is missing, mode 0700; locked until `close`
 * @throws VallumError `STORE_FAILED`: not writable, in use by another process, or a newer version's
 */
export async function openFileStore(
  folder: string,
  options: FileStoreOptions = {},
): Promise<LedgerStore> {
  const { disk = systemDisk, writer = 'vallum', nowMs = () => Date.now() } = options;
  const path = join(folder, JOURNAL);
  let unlock: (() => void) | undefined;
  try {
    await disk.makeFolder(folder);
    unlock = await lockFolder(disk, folder);
    const { descriptor, length, framesAt } = await openJournal(disk, path, writer);
    const file = new JournalFile(disk, path, descriptor, length);
    const touch = new TouchFile(disk, folder);
    // Without the leases it does not matter when others were last met.
    if (length > HEADER_LENGTH) await touch.read();
    return new FileStore({ disk, folder, writer, nowMs, unlock, touch }, file, framesAt);
  } catch (cause) {
    unlock?.();
    throw storeError(`open ${path}`, cause);
  }
}

interface Surroundings {
  readonly disk: Disk;
  readonly folder: string;
  readonly writer: string;
  readonly nowMs: () => number;
  readonly unlock: () => void;
  readonly touch: TouchFile;
}

class FileStore implements LedgerStore {
  readonly #world: Surroundings;
  #file: JournalFile;
  #framesAt: number;
  readonly #frames: FrameWriter;
  #gathering = false;
  /** To this file and those before it. */
  #appendedBytes = 0;
  #closed = false;
  /** Settles when the last `replace` that was asked for is over. */
  #replacing: Promise<void> = Promise.resolve();
  /** What could not be read is only there: it is kept when it is replaced. */
  #keepOld = false;
  #hasOldJournal = false;

  constructor(world: Surroundings, file: JournalFile, framesAt: number) {
    this.#world = world;
    this.#file = file;
    this.#framesAt = framesAt;
    this.#frames = new FrameWriter(world.nowMs, 0);
  }

  get durable(): boolean {
    return this.#file.trouble?.kind !== 'lost';
  }

  get trouble(): StoreTrouble | undefined {
    return this.#file.trouble;
  }

  get bytes(): number {
    return this.#file.end;
  }

  get touchedUnix(): number | undefined {
    return this.#world.touch.touchedUnix;
  }

  touch(nowUnix: number): Promise<void> {
    return this.#world.touch.write(nowUnix);
  }

  async load(visitor: JournalVisitor): Promise<LoadSummary> {
    const { disk, folder, nowMs } = this.#world;
    const aside = new SetAside(disk, folder, nowMs);
    const file = this.#file;
    try {
      const old = await takeOver(disk, folder, visitor, aside, nowMs());
      this.#hasOldJournal = old !== undefined;
      const counts = { records: 0, appended: 0, tornBytes: 0 };
      const reader = new FrameReader();
      const until = file.end;
      const frames = scanFrames(
        (into, position) => disk.read(file.descriptor, into, position),
        this.#framesAt,
        until,
        {
          frame: (buffer, start, end) => {
            const facts = reader.read(buffer, start, end, visitor);
            if (facts === undefined) return false;
            counts.records += facts.rows;
            if (!facts.replacing) counts.appended += facts.rows;
            return true;
          },
          damage: (bytes, _position, isNew) => aside.add(bytes, isNew),
          torn: (length) => {
            counts.tornBytes = length;
          },
        },
      );
      for await (const _ of frames);
      const { tornBytes } = counts;
      if (tornBytes > 0 && file.end === until) file.cutOff(until - tornBytes);
      await aside.close();
      this.#keepOld = aside.places > 0 && aside.path === undefined;
      const { places, bytes, path: setAside } = aside;
      return {
        records: counts.records + (old?.records ?? 0),
        appended: counts.appended + (old?.records ?? 0),
        damage: places === 0 ? undefined : { places, bytes, setAside },
        tornBytes: tornBytes + (old?.tornBytes ?? 0),
        takenOver: old === undefined ? undefined : { path: old.path, records: old.records },
      };
    } catch (cause) {
      throw storeError(`read ${file.path}`, cause);
    } finally {
      await aside.close();
    }
  }

  append(set: SetName, columns: EntryColumns, wanted?: Uint8Array): void {
    this.#write(columns.length, (from) => this.#frames.entries(set, columns, wanted, from));
  }

  note(set: SetName, note: JournalNote, columns: AddressColumns): void {
    this.#write(columns.length, (from) => this.#frames.note(set, note, columns, from));
  }

  together(work: () => void): void {
    if (this.#gathering) {
      work();
      return;
    }
    this.#gathering = true;
    try {
      work();
    } finally {
      this.#gathering = false;
      this.#flush();
    }
  }

  replace(pieces: Iterable<JournalPiece>): Promise<void> {
    const appendedBefore = this.#appendedBytes;
    const replaced = this.#replacing.then(() => this.#replace(pieces, appendedBefore));
    this.#replacing = replaced.catch(() => undefined);
    return replaced;
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    await this.#replacing;
    this.#closed = true;
    try {
      await this.#file.close();
    } catch (cause) {
      throw storeError(`write ${this.#file.path}`, cause);
    } finally {
      this.#world.unlock();
    }
  }

  #write(length: number, writeFrame: (from: number) => number): void {
    for (let from = 0; from < length;) {
      from = writeFrame(from);
      if (this.#frames.isEnough) this.#flush();
    }
    if (!this.#gathering) this.#flush();
  }

  #flush(): void {
    if (this.#frames.length === 0) return;
    try {
      if (this.#closed) throw storeError(`write ${this.#file.path}`, new Error('it was closed'));
      this.#file.append(this.#frames.bytes);
      this.#appendedBytes += this.#frames.length;
    } finally {
      this.#frames.clear();
    }
  }

  async #replace(pieces: Iterable<JournalPiece>, appendedBefore: number): Promise<void> {
    const { disk, writer, nowMs, folder } = this.#world;
    const before = this.#file;
    const { path } = before;
    const next = `${path}.new`;
    let descriptor: number | undefined;
    try {
      if (this.#closed) throw new Error('it was closed');
      descriptor = await disk.open(next, 'replace');
      await disk.write(descriptor, encodeHeader(writer), 0);
      // What has come since `replace` was called is the end of the file, whichever file it is by now.
      let carried = before.end - (this.#appendedBytes - appendedBefore);
      let end = await writePieces(disk, descriptor, HEADER_LENGTH, pieces, nowMs);
      const bytes = new Uint8Array(LAST_BYTES);
      while (before.end - carried > LAST_BYTES) {
        const count = await disk.read(before.descriptor, bytes, carried);
        if (count === 0) throw new Error('the file has become shorter');
        await disk.write(descriptor, bytes.subarray(0, count), end);
        carried += count;
        end += count;
      }
      await disk.sync(descriptor);
      if (this.#keepOld) await keepDamaged(disk, folder, path, nowMs());
      // What came during the last waits. From here to the swap nothing else runs, so that no record can
      // fall between the two files.
      while (carried < before.end) {
        const rest = bytes.subarray(0, Math.min(bytes.length, before.end - carried));
        const count = disk.readNow(before.descriptor, rest, carried);
        if (count === 0) throw new Error('the file has become shorter');
        writeWhole(disk, descriptor, rest.subarray(0, count), end);
        carried += count;
        end += count;
      }
      disk.renameNow(next, path);
      this.#file = new JournalFile(disk, path, descriptor, end);
      this.#file.syncSoon();
      this.#framesAt = HEADER_LENGTH;
      this.#keepOld = false;
    } catch (cause) {
      if (descriptor !== undefined) await disk.close(descriptor);
      // The next rewrite empties whatever is left of this one.
      await disk.remove(next).catch(() => undefined);
      throw storeError(`rewrite ${path}`, cause);
    }
    await before.abandon();
    this.#putOldJournalAway(folder);
    await this.#file.syncName(folder);
  }

  #putOldJournalAway(folder: string): void {
    if (!this.#hasOldJournal) return;
    try {
      this.#world.disk.renameNow(join(folder, OLD_JOURNAL), join(folder, OLD_JOURNAL_TAKEN_OVER));
      this.#hasOldJournal = false;
    } catch {
      // It is taken over again at the next start, which changes nothing.
    }
  }
}
