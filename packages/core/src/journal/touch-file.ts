import { join } from 'node:path';
import type { Disk } from '../system/disk.js';
import { codeOf, storeError } from './store-error.js';

const NAME = 'last-among-others';
const MOST_BYTES = 32;

/**
 * When this node was last among others that hold what it holds: one line of Unix seconds in a file
 * beside the journal, which is restored from a backup together with it.
 */
export class TouchFile {
  readonly #disk: Disk;
  readonly #path: string;
  touchedUnix: number | undefined;

  constructor(disk: Disk, folder: string) {
    this.#disk = disk;
    this.#path = join(folder, NAME);
  }

  /** What is no number counts as nothing: then the node passes for a new one. */
  async read(): Promise<void> {
    let descriptor: number;
    try {
      descriptor = await this.#disk.open(this.#path, 'read');
    } catch (cause) {
      if (codeOf(cause) === 'ENOENT') return;
      throw cause;
    }
    try {
      const bytes = new Uint8Array(MOST_BYTES);
      const length = await this.#disk.read(descriptor, bytes, 0);
      const text = Buffer.from(bytes.subarray(0, length)).toString('latin1');
      const [, seconds] = /^(\d{1,12})\n$/.exec(text) ?? [];
      if (seconds !== undefined) this.touchedUnix = Number(seconds);
    } finally {
      this.#disk.closeNow(descriptor);
    }
  }

  /**
   * Overwrites as many bytes as there were, so that a full disk takes it too.
   *
   * @throws VallumError `STORE_FAILED`
   */
  async write(nowUnix: number): Promise<void> {
    try {
      const descriptor = await this.#disk.open(this.#path, 'touch');
      try {
        await this.#disk.write(descriptor, Buffer.from(`${String(nowUnix)}\n`), 0);
      } finally {
        this.#disk.closeNow(descriptor);
      }
      this.touchedUnix = nowUnix;
    } catch (cause) {
      throw storeError(`write ${this.#path}`, cause);
    }
  }
}
