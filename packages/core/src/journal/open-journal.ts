import { dirname } from 'node:path';
import type { Disk } from '../system/disk.js';
import { VallumError } from '../words/errors.js';
import { BYTE_ORDER } from './frame.js';
import { decodeHeader, encodeHeader, FORMAT, HEADER_LENGTH } from './file-header.js';
import { codeOf } from './store-error.js';

export interface OpenedJournal {
  readonly descriptor: number;
  readonly length: number;
  /** Where frames begin: behind the header, or at 0 where it is damaged. */
  readonly framesAt: number;
}

/**
 * Opens a journal, made where it is missing: whole or not at all.
 *
 * @throws VallumError `STORE_FAILED` for one that this version cannot read, which stays untouched;
 *   else what the disk throws
 */
export async function openJournal(
  disk: Disk,
  path: string,
  writer: string,
): Promise<OpenedJournal> {
  let descriptor: number;
  try {
    descriptor = await disk.open(path, 'edit');
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
    return createJournal(disk, path, writer);
  }
  try {
    const { size: length } = await disk.status(descriptor);
    if (length === 0) {
      await disk.write(descriptor, encodeHeader(writer), 0);
      return { descriptor, length: HEADER_LENGTH, framesAt: HEADER_LENGTH };
    }
    return { descriptor, length, framesAt: await checkHeader(disk, path, descriptor) };
  } catch (cause) {
    disk.closeNow(descriptor);
    throw cause;
  }
}

/** @returns where frames begin. @throws VallumError `STORE_FAILED` where this version cannot read it */
export async function checkHeader(disk: Disk, path: string, descriptor: number): Promise<number> {
  const bytes = new Uint8Array(HEADER_LENGTH);
  await disk.read(descriptor, bytes, 0);
  const header = decodeHeader(bytes);
  if (header === undefined) return 0;
  const { format, byteOrder, writer } = header;
  const by = `was written by ${writer}`;
  const way = 'use that version or a later one, or another state folder';
  if (format > FORMAT) {
    throw refusal(
      path,
      `${by} in format ${String(format)}, and this version reads formats up to ${String(FORMAT)}: ${way}`,
    );
  }
  if (byteOrder !== BYTE_ORDER) {
    throw refusal(path, `${by} on a ${byteOrder}-endian machine: choose another state folder`);
  }
  return HEADER_LENGTH;
}

async function createJournal(disk: Disk, path: string, writer: string): Promise<OpenedJournal> {
  const next = `${path}.new`;
  const descriptor = await disk.open(next, 'replace');
  try {
    await disk.write(descriptor, encodeHeader(writer), 0);
    await disk.sync(descriptor);
    disk.renameNow(next, path);
    await disk.syncFolder(dirname(path));
  } catch (cause) {
    disk.closeNow(descriptor);
    throw cause;
  }
  return { descriptor, length: HEADER_LENGTH, framesAt: HEADER_LENGTH };
}

function refusal(path: string, reason: string): VallumError {
  return new VallumError(`${path} ${reason}; it is left as it is`, {
    code: 'STORE_FAILED',
    operation: `open ${path}`,
  });
}
