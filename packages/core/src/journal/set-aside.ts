import { join } from 'node:path';
import type { Disk } from '../system/disk.js';
import { codeOf } from './store-error.js';

/** Keeps what could not be read of a journal in a file of its own, made when there is something. */
export class SetAside {
  places = 0;
  bytes = 0;
  #path: string | undefined;
  #descriptor: number | undefined;
  #failed = false;
  #written = 0;

  constructor(
    private readonly disk: Disk,
    private readonly folder: string,
    private readonly nowMs: () => number,
  ) {}

  /** undefined where there is none, or not all of it. */
  get path(): string | undefined {
    return this.#failed ? undefined : this.#path;
  }

  async add(bytes: Uint8Array, isNew: boolean): Promise<void> {
    if (isNew) this.places += 1;
    this.bytes += bytes.length;
    if (this.#failed) return;
    try {
      this.#descriptor ??= await this.#create();
      await this.disk.write(this.#descriptor, bytes, this.#written);
      this.#written += bytes.length;
    } catch {
      // Reading goes on; whoever replaces the journal keeps the old one.
      this.#failed = true;
    }
  }

  async close(): Promise<void> {
    const descriptor = this.#descriptor;
    if (descriptor === undefined) return;
    this.#descriptor = undefined;
    try {
      await this.disk.sync(descriptor);
      await this.disk.syncFolder(this.folder);
    } catch {
      this.#failed = true;
    }
    this.disk.closeNow(descriptor);
  }

  #create(): Promise<number> {
    return atFreeName(this.folder, this.nowMs(), async (path) => {
      const descriptor = await this.disk.open(path, 'create');
      this.#path = path;
      return descriptor;
    });
  }
}

/** Gives a journal that could not be read in whole a second name, which outlives it. Takes no room. */
export async function keepDamaged(
  disk: Disk,
  folder: string,
  path: string,
  nowMs: number,
): Promise<void> {
  await atFreeName(folder, nowMs, (name) => disk.link(path, name));
}

/** @param make fails with `EEXIST` where the name is taken */
async function atFreeName<Made>(
  folder: string,
  nowMs: number,
  make: (path: string) => Promise<Made>,
): Promise<Made> {
  for (const path of damagedNames(folder, nowMs)) {
    try {
      return await make(path);
    } catch (cause) {
      if (codeOf(cause) !== 'EEXIST') throw cause;
    }
  }
  throw new Error(`no name is free in ${folder} for what is damaged`);
}

/** `ledger.damaged-20261125T201503`, and what comes when that is taken. */
function* damagedNames(folder: string, nowMs: number): Generator<string> {
  const time = new Date(nowMs).toISOString().slice(0, 19).replace(/[-:]/g, '');
  const name = join(folder, `ledger.damaged-${time}`);
  yield name;
  for (let count = 2; count < 100; count++) yield `${name}-${String(count)}`;
}
