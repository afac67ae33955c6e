/**
 * What a journal does to a disk. A port, so that a test can fill it, break it, or stop it at any call.
 * Failures are thrown as node's own (`code` is `ENOSPC`, `EROFS`, …).
 */
export interface Disk {
  /** With the folders above it, for nobody else to read. One that is there is as good. */
  makeFolder(path: string): Promise<void>;
  /**
   * `read` and `edit` want the file to be there, `create` that it is not; `replace` empties what is
   * there, `touch` takes what is there or makes it. New files are for nobody else to read.
   */
  open(path: string, how: 'read' | 'edit' | 'create' | 'replace' | 'touch'): Promise<number>;
  status(descriptor: number): Promise<FileStatus>;
  /** @returns how many bytes were read; 0 at the file's end */
  read(descriptor: number, into: Uint8Array, position: number): Promise<number>;
  readNow(descriptor: number, into: Uint8Array, position: number): number;
  /** Writes all of it, not in this thread. */
  write(descriptor: number, bytes: Uint8Array, position: number): Promise<void>;
  /** @returns how many bytes were written: fewer than asked for where the disk becomes full */
  writeNow(descriptor: number, bytes: Uint8Array, position: number): number;
  truncateNow(descriptor: number, length: number): void;
  sync(descriptor: number): Promise<void>;
  syncFolder(path: string): Promise<void>;
  renameNow(from: string, to: string): void;
  /** A second name for a file. */
  link(path: string, name: string): Promise<void>;
  /** One that is not there is as good. */
  remove(path: string): Promise<void>;
  /**
   * Takes room for what will be written there, without changing the file's length or content.
   *
   * @throws `ENOSPC`, `EDQUOT`; `ENOTSUP` where file system or machine cannot
   */
  reserve(descriptor: number, position: number, length: number): Promise<void>;
  /** Locks the open file (flock) until it is closed. @returns false where somebody else has */
  lock(descriptor: number): Promise<boolean>;
  /**
   * As `closeNow`, not in this thread: with the last of a long file that was deleted, the kernel gives
   * back its room, which takes as long as 10 ms.
   */
  close(descriptor: number): Promise<void>;
  /** Never throws: whoever cares whether all is written has synced. */
  closeNow(descriptor: number): void;
}

export interface FileStatus {
  readonly size: number;
  /** How many names the file has; 0 once it is deleted. */
  readonly links: number;
  readonly modifiedMs: number;
}
