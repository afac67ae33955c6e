import type { Disk, FileStatus } from '../system/disk.js';

interface Inode {
  bytes: Uint8Array;
  /** What a power cut leaves. */
  synced: Uint8Array;
  links: number;
  modifiedMs: number;
  reservedEnd: number;
  lockedBy: number | undefined;
}

/** What happens to a call: it fails, or the process is killed before it, behind it, or in its midst. */
export type DiskFate = NodeJS.ErrnoException | 'kill before' | 'kill behind' | 'kill amid';

export interface DiskCall {
  readonly name: keyof Disk;
  /** Counts from 1. */
  readonly number: number;
  /** What is opened, written, renamed… */
  readonly path: string;
}

/** Thrown by every call of a process that was killed. */
export class Killed extends Error {
  override readonly name = 'Killed';
}

/** A disk in memory that can be full, fail at any call, and outlive the process that wrote on it. */
export class MemoryDisk implements Disk {
  /** Bytes that are free. */
  free = Infinity;
  /** Decides what happens to a call. */
  fate: (call: DiskCall) => DiskFate | undefined = () => undefined;
  canReserve = true;
  nowMs = Date.UTC(2026, 0, 1);
  calls = 0;
  #dead = false;
  #names = new Map<string, Inode>();
  #syncedNames = new Map<string, Inode>();
  readonly #folders = new Set<string>();
  readonly #open = new Map<number, { inode: Inode; path: string }>();
  #lastDescriptor = 2;

  /** The disk as the next process finds it: nothing is open, nothing locked. */
  next(): MemoryDisk {
    return this.#copy(this.#names, (inode) => inode.bytes);
  }

  /**
   * The disk as it is when the power has been off: content that was not synced is gone. Names may be
   * those of the last `syncFolder`, or be there all the same.
   */
  afterPowerCut(names: 'synced' | 'all'): MemoryDisk {
    return this.#copy(names === 'all' ? this.#names : this.#syncedNames, (inode) => inode.synced);
  }

  names(): string[] {
    return [...this.#names.keys()].sort();
  }

  /** @throws Error ENOENT */
  content(path: string): Uint8Array {
    return this.#find(path).bytes.slice();
  }

  put(path: string, bytes: Uint8Array): void {
    const inode = newInode(this.nowMs);
    inode.bytes = bytes.slice();
    inode.synced = bytes.slice();
    this.#names.set(path, inode);
    this.#syncedNames.set(path, inode);
  }

  /** Deletes a file under whoever has it open. */
  delete(path: string): void {
    this.#find(path).links -= 1;
    this.#names.delete(path);
  }

  makeFolder(path: string): Promise<void> {
    return this.#later('makeFolder', path, () => {
      this.#folders.add(path);
    });
  }

  open(path: string, how: 'read' | 'edit' | 'create' | 'replace' | 'touch'): Promise<number> {
    return this.#later('open', path, () => {
      let inode = this.#names.get(path);
      if (inode === undefined) {
        if (how === 'read' || how === 'edit') throw systemError('ENOENT');
        inode = newInode(this.nowMs);
        this.#names.set(path, inode);
      } else if (how === 'create') {
        throw systemError('EEXIST');
      } else if (how === 'replace') {
        this.#resize(inode, 0);
      }
      this.#lastDescriptor += 1;
      this.#open.set(this.#lastDescriptor, { inode, path });
      return this.#lastDescriptor;
    });
  }

  status(descriptor: number): Promise<FileStatus> {
    const { inode, path } = this.#at(descriptor);
    return this.#later('status', path, () => ({
      size: inode.bytes.length,
      links: inode.links,
      modifiedMs: inode.modifiedMs,
    }));
  }

  read(descriptor: number, into: Uint8Array, position: number): Promise<number> {
    const { path } = this.#at(descriptor);
    return this.#later('read', path, () => this.#read(descriptor, into, position));
  }

  readNow(descriptor: number, into: Uint8Array, position: number): number {
    const { path } = this.#at(descriptor);
    return this.#now('readNow', path, () => this.#read(descriptor, into, position));
  }

  write(descriptor: number, bytes: Uint8Array, position: number): Promise<void> {
    const { path } = this.#at(descriptor);
    return this.#later('write', path, (share) => {
      const part = bytes.subarray(0, Math.floor(bytes.length * share));
      if (this.#write(descriptor, part, position) < part.length) throw systemError('ENOSPC');
    });
  }

  writeNow(descriptor: number, bytes: Uint8Array, position: number): number {
    const { path } = this.#at(descriptor);
    return this.#now('writeNow', path, (share) => {
      const part = bytes.subarray(0, Math.floor(bytes.length * share));
      const written = this.#write(descriptor, part, position);
      if (written === 0 && part.length > 0) throw systemError('ENOSPC');
      return written;
    });
  }

  truncateNow(descriptor: number, length: number): void {
    const { inode, path } = this.#at(descriptor);
    this.#now('truncateNow', path, () => {
      this.#resize(inode, length);
    });
  }

  sync(descriptor: number): Promise<void> {
    const { inode, path } = this.#at(descriptor);
    return this.#later('sync', path, () => {
      inode.synced = inode.bytes.slice();
    });
  }

  syncFolder(path: string): Promise<void> {
    return this.#later('syncFolder', path, () => {
      this.#syncedNames = new Map(this.#names);
    });
  }

  renameNow(from: string, to: string): void {
    this.#now('renameNow', to, () => {
      const inode = this.#find(from);
      const before = this.#names.get(to);
      if (before !== undefined) before.links -= 1;
      this.#names.delete(from);
      this.#names.set(to, inode);
    });
  }

  link(path: string, name: string): Promise<void> {
    return this.#later('link', name, () => {
      if (this.#names.has(name)) throw systemError('EEXIST');
      const inode = this.#find(path);
      inode.links += 1;
      this.#names.set(name, inode);
    });
  }

  remove(path: string): Promise<void> {
    return this.#later('remove', path, () => {
      const inode = this.#names.get(path);
      if (inode === undefined) return;
      this.#resize(inode, 0);
      inode.links -= 1;
      this.#names.delete(path);
    });
  }

  reserve(descriptor: number, position: number, length: number): Promise<void> {
    const { inode, path } = this.#at(descriptor);
    return this.#later('reserve', path, () => {
      if (!this.canReserve) throw systemError('ENOTSUP');
      const more = Math.max(0, position + length - allocated(inode));
      if (more > this.free) throw systemError('ENOSPC');
      this.free -= more;
      inode.reservedEnd = Math.max(inode.reservedEnd, position + length);
    });
  }

  lock(descriptor: number): Promise<boolean> {
    const { inode, path } = this.#at(descriptor);
    return this.#later('lock', path, () => {
      inode.lockedBy ??= descriptor;
      return inode.lockedBy === descriptor;
    });
  }

  async close(descriptor: number): Promise<void> {
    await Promise.resolve();
    this.closeNow(descriptor);
  }

  closeNow(descriptor: number): void {
    const file = this.#open.get(descriptor);
    if (this.#dead || file === undefined) return;
    this.#open.delete(descriptor);
    if (file.inode.lockedBy === descriptor) file.inode.lockedBy = undefined;
  }

  /** `perform` is told which share of its work to do. */
  #now<Value>(name: keyof Disk, path: string, perform: (share: number) => Value): Value {
    if (this.#dead) throw new Killed();
    this.calls += 1;
    const fate = this.fate({ name, number: this.calls, path });
    if (fate === undefined) return perform(1);
    if (typeof fate !== 'string') throw fate;
    if (fate === 'kill behind') perform(1);
    if (fate === 'kill amid') perform(0.5);
    this.#dead = true;
    throw new Killed();
  }

  async #later<Value>(
    name: keyof Disk,
    path: string,
    perform: (share: number) => Value,
  ): Promise<Value> {
    await Promise.resolve();
    return this.#now(name, path, perform);
  }

  #at(descriptor: number): { inode: Inode; path: string } {
    if (this.#dead) throw new Killed();
    const file = this.#open.get(descriptor);
    if (file === undefined) throw systemError('EBADF');
    return file;
  }

  #find(path: string): Inode {
    const inode = this.#names.get(path);
    if (inode === undefined) throw systemError('ENOENT');
    return inode;
  }

  #read(descriptor: number, into: Uint8Array, position: number): number {
    const { bytes } = this.#at(descriptor).inode;
    const part = bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  }

  #write(descriptor: number, bytes: Uint8Array, position: number): number {
    const { inode } = this.#at(descriptor);
    const room = allocated(inode) + this.free - position;
    const count = Math.max(0, Math.min(bytes.length, room));
    if (position + count > inode.bytes.length) this.#resize(inode, position + count);
    inode.bytes.set(bytes.subarray(0, count), position);
    inode.modifiedMs = this.nowMs;
    return count;
  }

  /** Shorter: what was reserved goes too, as with ftruncate. */
  #resize(inode: Inode, length: number): void {
    const before = allocated(inode);
    if (length <= inode.bytes.length) {
      inode.bytes = inode.bytes.slice(0, length);
      inode.reservedEnd = 0;
    } else {
      inode.bytes = grown(inode.bytes, length);
    }
    this.free -= allocated(inode) - before;
  }

  #copy(names: ReadonlyMap<string, Inode>, content: (inode: Inode) => Uint8Array): MemoryDisk {
    const disk = new MemoryDisk();
    disk.nowMs = this.nowMs;
    disk.canReserve = this.canReserve;
    for (const [path, inode] of names) disk.put(path, content(inode));
    return disk;
  }
}

function newInode(modifiedMs: number): Inode {
  const nothing = new Uint8Array(0);
  return {
    ...{ bytes: nothing, synced: nothing, links: 1, modifiedMs },
    ...{ reservedEnd: 0, lockedBy: undefined },
  };
}

/** The same, longer. Leaves room behind it for the next time. */
function grown(bytes: Uint8Array, length: number): Uint8Array {
  if (bytes.byteOffset + length <= bytes.buffer.byteLength) {
    return new Uint8Array(bytes.buffer, bytes.byteOffset, length).fill(0, bytes.length);
  }
  const larger = new Uint8Array(2 * length).subarray(0, length);
  larger.set(bytes);
  return larger;
}

function allocated(inode: Inode): number {
  return Math.max(inode.bytes.length, inode.reservedEnd);
}

/** What node throws: an error with a code. */
export function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: as the test wants it`), { code });
}
