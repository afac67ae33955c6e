import {
  closeSync,
  constants,
  fstatSync,
  openSync,
  readFileSync,
  renameSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { errorCode, unusableFolder } from './folder.js';
import { makeFolder } from './make-folder.js';
import { decodeFile, MOST_FILE_BYTES, type SpooledMessage } from './message-file.js';

/** `gone`: delivered by somebody else meanwhile. */
export type SpooledContent = SpooledMessage | 'gone' | 'unusable';

/**
 * Reads one message of the spool. Whoever may write into the folder may put anything there: a link, a
 * FIFO, a terabyte.
 */
export function readSpooled(folder: string, name: string): SpooledContent {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  let file: number;
  try {
    file = openSync(join(folder, name), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    return errorCode(error) === 'ENOENT' ? 'gone' : 'unusable';
  }
  try {
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > MOST_FILE_BYTES) return 'unusable';
    return decodeFile(readFileSync(file)) ?? 'unusable';
  } finally {
    closeSync(file);
  }
}

/** Takes it out of the way for a person to look at. */
export function setAside(folder: string, name: string): void {
  const aside = unusableFolder(folder);
  makeFolder(aside, statSync(folder).mode & 0o777);
  try {
    renameSync(join(folder, name), join(aside, name));
  } catch (error) {
    if (errorCode(error) !== 'ENOENT') throw error;
  }
}
