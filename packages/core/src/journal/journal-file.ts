import type { Disk } from '../system/disk.js';
import { codeOf, storeError } from './store-error.js';
import type { StoreTrouble } from './store.js';

/**
 * Room that is taken ahead of what is written, so that a disk that others fill takes nothing from the
 * next 100,000 bans that come one by one.
 */
export const RESERVED_BYTES = 1 << 24;
const REFILL_BELOW = RESERVED_BYTES / 2;
const SYNC_AFTER_MS = 1000;

const FULL = new Set(['ENOSPC', 'EDQUOT']);

/** A journal that is open to be appended to. */
export class JournalFile {
  trouble: StoreTrouble | undefined;
  #end: number;
  #reservedEnd: number;
  #canReserve = true;
  #reserving = false;
  #unsynced = false;
  #timer: NodeJS.Timeout | undefined;
  /** What another thread does with the descriptor: it must not be closed under it. */
  readonly #inFlight = new Set<Promise<void>>();

  constructor(
    private readonly disk: Disk,
    readonly path: string,
    readonly descriptor: number,
    length: number,
  ) {
    this.#end = length;
    this.#reservedEnd = length;
    this.#reserve();
  }

  /** Where the next append goes. */
  get end(): number {
    return this.#end;
  }

  /** @throws VallumError `STORE_FAILED`; then the file is as it was */
  append(bytes: Uint8Array): void {
    try {
      writeWhole(this.disk, this.descriptor, bytes, this.#end);
    } catch (cause) {
      this.cutOff();
      throw storeError(`write ${this.path}`, cause);
    }
    this.#end += bytes.length;
    this.syncSoon();
    if (this.#reservedEnd - this.#end < REFILL_BELOW && this.trouble === undefined) this.#reserve();
  }

  syncSoon(): void {
    this.#unsynced = true;
    this.#tendSoon();
  }

  /** Sees to it that a power cut leaves it its name. */
  async syncName(folder: string): Promise<void> {
    try {
      await this.disk.syncFolder(folder);
    } catch (cause) {
      this.#lose(cause);
    }
  }

  /** Takes away what is behind `end`: a record that was not finished. */
  cutOff(end = this.#end): void {
    this.#end = end;
    // With it goes what was reserved.
    this.#reservedEnd = end;
    try {
      this.disk.truncateNow(this.descriptor, end);
    } catch {
      // The next append overwrites it, and who reads it knows that it is cut off.
    }
  }

  /** Waits for other threads, writes to the disk what is not there yet, and closes. */
  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    await Promise.allSettled(this.#inFlight);
    try {
      if (this.#unsynced) await this.disk.sync(this.descriptor);
    } finally {
      await this.disk.close(this.descriptor);
    }
  }

  /** Closes a file that another has replaced. */
  async abandon(): Promise<void> {
    this.#unsynced = false;
    await this.close();
  }

  #tendSoon(): void {
    if (this.#timer !== undefined) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tend();
    }, SYNC_AFTER_MS);
    this.#timer.unref();
  }

  #tend(): void {
    if (this.trouble?.kind === 'low') this.#reserve();
    if (!this.#unsynced) return;
    this.#unsynced = false;
    // Not in this thread: a slow disk would hold back the bans that come meanwhile.
    this.#aside(this.#sync());
  }

  async #sync(): Promise<void> {
    try {
      await this.disk.sync(this.descriptor);
      const { links } = await this.disk.status(this.descriptor);
      if (links === 0) throw new Error('the file was deleted');
    } catch (cause) {
      this.#lose(cause);
    }
  }

  /** The kernel forgets what it could not write: only writing it anew brings it back. */
  #lose(cause: unknown): void {
    this.trouble = { kind: 'lost', error: storeError(`keep ${this.path}`, cause) };
  }

  #reserve(): void {
    if (!this.#canReserve || this.#reserving) return;
    this.#reserving = true;
    this.#aside(this.#takeRoom(this.#end, this.#end + RESERVED_BYTES));
  }

  async #takeRoom(from: number, until: number): Promise<void> {
    try {
      await this.disk.reserve(this.descriptor, from, until - from);
      this.#reservedEnd = until;
      if (this.trouble?.kind === 'low') this.trouble = undefined;
    } catch (cause) {
      const code = codeOf(cause) ?? '';
      if (FULL.has(code)) this.#runningOut(cause);
      // Where file system or machine cannot, nobody has to make room for it.
      else if (code !== 'EINTR') this.#canReserve = false;
    } finally {
      this.#reserving = false;
    }
  }

  #runningOut(cause: unknown): void {
    const error = storeError(`reserve room for ${this.path}`, cause);
    this.trouble ??= { kind: 'low', error };
    this.#tendSoon();
  }

  #aside(work: Promise<void>): void {
    this.#inFlight.add(work);
    void work.finally(() => this.#inFlight.delete(work));
  }
}

/** A disk that fills up takes a part of a write and refuses the rest at the next one. */
export function writeWhole(
  disk: Disk,
  descriptor: number,
  bytes: Uint8Array,
  position: number,
): void {
  for (let written = 0; written < bytes.length;) {
    const rest = written === 0 ? bytes : bytes.subarray(written);
    written += disk.writeNow(descriptor, rest, position + written);
  }
}
