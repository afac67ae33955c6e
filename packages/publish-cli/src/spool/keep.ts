import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  openSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { quote } from '@vallum/options';
import {
  errorCode,
  listSpool,
  MOST_BYTES,
  MOST_FILES,
  receiverKey,
  spooledName,
  workFolder,
  type SpooledName,
  type SpooledState,
} from './folder.js';
import { makeFolder } from './make-folder.js';
import { encodeFile, withStamps } from './message-file.js';
import { dropOld } from './take-away.js';

export interface ToKeep {
  readonly topic: string;
  readonly payload: Uint8Array;
  readonly entries: number;
}

export interface KeepOptions {
  readonly broker: string;
  readonly username: string | undefined;
  /** When it was asked for, Unix milliseconds. */
  readonly askedMs: number;
  /** Unix milliseconds. */
  readonly nowMs: number;
  readonly why: string;
  /** What the broker has made of it. Default `k`: nothing is known. */
  readonly state?: SpooledState;
}

export interface Kept {
  readonly entries: number;
  readonly messages: number;
  /** Messages that were too old, and went to make room. */
  readonly dropped: number;
  /** Why not all of it is kept, for people. */
  readonly failure?: string;
}

/**
 * Writes messages into the spool, one file each: written, synced, renamed, and the folder synced before
 * it returns. What a kill leaves behind is a whole file or none.
 */
export async function keepMessages(
  folder: string,
  messages: AsyncIterable<ToKeep>,
  { broker, username, askedMs, nowMs, why, state = 'k' }: KeepOptions,
): Promise<Kept> {
  const written = { entries: 0, messages: 0, dropped: 0 };
  const receiver = receiverKey(broker, username);
  /** Kept is what the folder is sure to name after a power cut. A sync that has failed proves nothing when tried again. */
  const settle = (failure?: string): Kept => {
    try {
      if (written.messages > 0) syncPath(folder);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return { ...written, entries: 0, messages: 0, failure: failure ?? whyNotKept(folder, error) };
    }
    return failure === undefined ? written : { ...written, failure };
  };
  try {
    const room = openSpool(folder, nowMs);
    written.dropped = room.dropped;
    for await (const { topic, payload, entries } of messages) {
      const head = { topic, entries, broker, why, ...(username === undefined ? {} : { username }) };
      const bytes = encodeFile({ ...head, payload: withStamps(payload, askedMs) });
      room.files -= 1;
      room.bytes -= bytes.length;
      if (room.files < 0 || room.bytes < 0) return settle(fullSpool(folder));
      const parts = { askedMs, pid: process.pid, counter: written.messages, state, receiver };
      const random = randomBytes(2).toString('hex');
      place(folder, spooledName({ ...parts, random, bytes: bytes.length }), bytes);
      written.entries += entries;
      written.messages += 1;
    }
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return settle(whyNotKept(folder, error));
  }
  return settle();
}

/** Makes it where it is missing, and says how much more it takes. */
function openSpool(
  folder: string,
  nowMs: number,
): { files: number; bytes: number; readonly dropped: number } {
  if (makeFolder(folder, 0o700)) {
    // Else a power cut could take the folder away with what it holds.
    syncPath(dirname(folder));
  }
  const work = workFolder(folder);
  // Whoever may write into the one may write into the other.
  makeFolder(work, statSync(folder).mode & 0o777);
  const held = listSpool(folder);
  const room = roomBeside(held);
  // Who holds little has nothing to look for.
  if (room.files > MOST_FILES / 2 && room.bytes > MOST_BYTES / 2) return { ...room, dropped: 0 };
  const { left, dropped } = dropOld(folder, held, nowMs);
  return { ...roomBeside(left), dropped };
}

function roomBeside(held: readonly SpooledName[]): { files: number; bytes: number } {
  const bytes = held.reduce((sum, file) => sum + file.bytes, 0);
  return { files: MOST_FILES - held.length, bytes: MOST_BYTES - bytes };
}

function place(folder: string, name: string, bytes: Buffer): void {
  const unfinished = join(workFolder(folder), name);
  const file = openSync(unfinished, 'wx', 0o640);
  try {
    try {
      // For the group, where the folder belongs to one; it holds no secret.
      fchmodSync(file, 0o640);
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(unfinished, join(folder, name));
  } catch (error) {
    rmSync(unfinished, { force: true });
    throw error;
  }
}

function syncPath(path: string): void {
  const handle = openSync(path, 'r');
  try {
    fsyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

function fullSpool(folder: string): string {
  return (
    `the spool ${quote(folder)} is full (${MOST_FILES.toString()} messages or ` +
    `${(MOST_BYTES / 1024 / 1024).toString()} MiB): vallum-pub spool says what waits, and for which broker`
  );
}

function whyNotKept(folder: string, error: NodeJS.ErrnoException): string {
  const code = errorCode(error);
  const why = WHY[code] ?? `cannot be written to (${code})`;
  return `the spool ${quote(folder)} ${why}`;
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'is not there, and cannot be made where it would be; name another (--spool-dir)',
  EACCES:
    'may not be written to by this user; members of the group vallum-pub may, or name another (--spool-dir)',
  EPERM: 'may not be written to by this user; name another (--spool-dir)',
  ENOSPC: 'is on a disk that is full',
  EDQUOT: 'is on a disk where this user has no room left (quota)',
  EROFS: 'is on a disk that is read-only; name another (--spool-dir)',
  ENOTDIR: 'is no folder; name another (--spool-dir)',
};
