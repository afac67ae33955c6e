import { closeSync, fsync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { VallumError } from '../words/errors.js';
import { decodeRecord } from './decode-record.js';
import { encodeRecord } from './encode-record.js';
import { lockFolder } from './folder-lock.js';
import type { LedgerStore } from './store.js';

/**
 * Keeps the ledger as `ledger.jsonl` in a folder: one JSON record a line, appended as it happens
 * and rewritten when it has grown. A record is in the page cache when `append` returns, where a
 * crash of the process cannot reach it; a crash of the machine may lose the last second.
 *
 * @param folder made where it is missing, mode 0700
 * @throws VallumError `STORE_FAILED`: not writable, or in use by another process
 */
export function createFileStore(folder: string): LedgerStore {
  const path = join(folder, 'ledger.jsonl');
  const opened = openLocked(folder, path);
  const { unlock } = opened;
  let { descriptor } = opened;
  let unsynced = false;
  /** What is appended while the file is being rewritten, and has to follow into the new one. */
  let appendedMeanwhile: string[] | undefined;
  const syncTimer = setInterval(() => {
    if (!unsynced) return;
    unsynced = false;
    // Not in this thread: a slow disk would hold back the bans that come meanwhile. Where it fails,
    // the next append meets the same disk and reports it to somebody who listens.
    fsync(descriptor, () => undefined);
  }, 1000);
  syncTimer.unref();

  return {
    durable: true,

    async load() {
      try {
        const text = await readFile(path, 'utf8');
        return text.split('\n').flatMap((line) => decodeRecord(line) ?? []);
      } catch (cause) {
        throw storeError(`read ${path}`, cause);
      }
    },

    append(records) {
      if (records.length === 0) return;
      // The leading newline keeps a line that a crash cut off from spoiling the one behind it.
      let lines = '';
      for (const record of records) lines += `\n${encodeRecord(record)}`;
      appendedMeanwhile?.push(lines);
      try {
        writeWhole(descriptor, Buffer.from(lines));
        unsynced = true;
      } catch (cause) {
        throw storeError(`write ${path}`, cause);
      }
    },

    async replace(records) {
      const next = `${path}.new`;
      appendedMeanwhile = [];
      try {
        const file = await open(next, 'w', 0o600);
        try {
          for (let start = 0; start < records.length; start += 10_000) {
            const slice = records.slice(start, start + 10_000);
            // Not `write`, which on a disk that fills up leaves a part out without a word.
            await file.appendFile(slice.map((record) => `${encodeRecord(record)}\n`).join(''));
          }
          await file.sync();
        } finally {
          await file.close();
        }
        // From here to the swap nothing else runs, so no record can fall between the two files.
        const successor = openSync(next, 'a', 0o600);
        try {
          writeWhole(successor, Buffer.from(appendedMeanwhile.join('')));
          renameSync(next, path);
        } catch (cause) {
          closeSync(successor);
          throw cause;
        }
        closeSync(descriptor);
        descriptor = successor;
        unsynced = appendedMeanwhile.length > 0;
      } catch (cause) {
        // The next rewrite truncates whatever is left of this one.
        await rm(next, { force: true }).catch(() => undefined);
        throw storeError(`rewrite ${path}`, cause);
      } finally {
        appendedMeanwhile = undefined;
      }
    },

    close() {
      clearInterval(syncTimer);
      closeSync(descriptor);
      unlock();
      return Promise.resolve();
    },
  };
}

function openLocked(folder: string, path: string): { descriptor: number; unlock: () => void } {
  let unlock: (() => void) | undefined;
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    unlock = lockFolder(folder);
    return { descriptor: openSync(path, 'a', 0o600), unlock };
  } catch (cause) {
    unlock?.();
    throw storeError(`open ${path}`, cause);
  }
}

/** A disk that fills up takes a part of a write and refuses the rest at the next one. */
function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += writeSync(descriptor, bytes, written);
  }
}

const NOT_WRITABLE = '; choose a state folder that this user may write to';
const REMEDIES: Readonly<Record<string, string>> = {
  EACCES: NOT_WRITABLE,
  EPERM: NOT_WRITABLE,
  EROFS: NOT_WRITABLE,
  EEXIST: '; choose a state folder that is a folder',
  ENOTDIR: '; choose a state folder that is a folder',
  ENOSPC: '; make room on this disk',
  EDQUOT: '; raise the disk quota of this user',
};

function storeError(operation: string, cause: unknown): VallumError {
  if (cause instanceof VallumError) return cause;
  const detail = cause instanceof Error ? cause.message : String(cause);
  const remedy = REMEDIES[(cause as NodeJS.ErrnoException | undefined)?.code ?? ''] ?? '';
  return new VallumError(`cannot ${operation}: ${detail}${remedy}`, {
    code: 'STORE_FAILED',
    operation,
    cause,
  });
}
