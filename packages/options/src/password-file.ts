import { closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs';
import { quote } from './quote.js';
import { openPatiently } from './read-patiently.js';
import { failure, success, type Result } from './result.js';
import { errorCode, whyUnreadable } from './why-unreadable.js';

/** MQTT takes no longer ones (MQTT 5 section 3.1.3.6). */
const LONGEST = 65_535;

/** As much of an AbortSignal as reading needs. */
export interface Cancellation {
  readonly aborted: boolean;
}

/**
 * The first line of a file, read again at each connection: a password may change while the program
 * runs.
 *
 * @throws what Node says of it, also while the file is being replaced
 */
export function readPasswordFile(path: string): string {
  const handle = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!fstatSync(handle).isFile()) throw new Error('it is not a plain file any more');
    const start = Buffer.alloc(LONGEST + 2);
    const length = readSync(handle, start);
    return firstLine(start.subarray(0, length)) ?? start.toString('utf8', 0, length);
  } finally {
    closeSync(handle);
  }
}

/** Whether it has to be read once and in time: `--password-file <(pass show broker)` is a FIFO. */
export function isPlainFile(path: string): boolean {
  try {
    return statSync(path).isFile();
  } catch {
    // Whoever reads it says what is wrong.
    return true;
  }
}

/** The first line of what is no plain file: a FIFO, whose writer may be slow, or a device. */
export async function readPasswordOnce(
  path: string,
  waitSeconds: number,
  cancellation?: Cancellation,
): Promise<Result<string, 'unreadable-file'>> {
  const bad = (why: string) =>
    failure('unreadable-file', `the password file ${quote(path)} ${why}`);
  const isOver = deadline(waitSeconds * 1000);
  try {
    const file = openPatiently(path, LONGEST + 2);
    const watch = setInterval(() => {
      if (isOver() || cancellation?.aborted === true) file.close();
    }, 20);
    try {
      let start = Buffer.alloc(0);
      for await (const chunk of file.chunks) {
        start = Buffer.concat([start, chunk]);
        const line = firstLine(start);
        if (line !== undefined) return success(line);
        if (start.length > LONGEST) return bad('has a first line that is too long for a password');
      }
      if (isOver()) return bad(`gave no line within ${waitSeconds.toString()}s`);
      return success(start.toString());
    } finally {
      clearInterval(watch);
      file.close();
    }
  } catch (error) {
    return bad(whyUnreadable(errorCode(error)));
  }
}

function firstLine(bytes: Buffer): string | undefined {
  const end = bytes.indexOf(0x0a);
  if (end < 0) return undefined;
  return bytes.toString('utf8', 0, bytes[end - 1] === 0x0d ? end - 1 : end);
}

function deadline(milliseconds: number): () => boolean {
  const end = performance.now() + milliseconds;
  return () => performance.now() >= end;
}
