import { basename } from 'node:path';
import { openPatiently } from '@vallum/options';
import { CommandFault } from './command-fault.js';
import { ExitCode } from './exit-codes.js';

export interface OpenList {
  /** For messages: the path as it was given, or `standard input`. */
  readonly name: string;
  /** In bytes, where it is known. */
  readonly size: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array | string>;
}

const LINE_FEED = 0x0a;
const PIECE_BYTES = 256 * 1024;
/** No line that is an entry is nearly as long. */
const LONGEST_LINE = 1024 * 1024;

/** The list is not there, or ends in an error instead of an end. */
export class UnreadableList extends CommandFault {
  override readonly name = 'UnreadableList';

  constructor(message: string, options?: ErrorOptions) {
    super(message, ExitCode.noInput, options);
  }
}

/**
 * Opens a list before anything is sent, so that a wrong path costs nothing.
 *
 * @param path a file, or `-`
 * @throws UnreadableList, also while it is read
 */
export function openList(
  path: string,
  standardInput: () => AsyncIterable<Uint8Array | string>,
): OpenList {
  if (path === '-' || path === '/dev/stdin') {
    return {
      name: 'standard input',
      size: undefined,
      chunks: explained(standardInput(), 'standard input'),
    };
  }
  try {
    const file = openPatiently(path, PIECE_BYTES);
    const { stats, chunks } = file;
    if (stats.isDirectory()) {
      file.close();
      throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    }
    return {
      name: basename(path),
      size: stats.isFile() ? stats.size : undefined,
      chunks: explained(chunks, path),
    };
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* explained(
  chunks: AsyncIterable<Uint8Array | string>,
  name: string,
): AsyncGenerator<Uint8Array, void> {
  try {
    let lineBytes = 0;
    for await (const chunk of chunks) {
      const bytes = typeof chunk === 'string' ? Buffer.from(chunk) : chunk;
      const last = bytes.lastIndexOf(LINE_FEED);
      lineBytes = last < 0 ? lineBytes + bytes.length : bytes.length - last - 1;
      // Else a device that never ends a line would be read for ever.
      if (lineBytes > LONGEST_LINE) throw Object.assign(new Error('endless'), { code: 'ENDLESS' });
      yield bytes;
    }
  } catch (error) {
    throw unreadable(name, error);
  }
}

function unreadable(name: string, cause: unknown): UnreadableList {
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
  const why = WHY[code] ?? `cannot be read (${code})`;
  return new UnreadableList(`the list ${JSON.stringify(name)} ${why}`, { cause });
}

const WHY: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read by this user; check its owner and mode (ls -l)',
  ENDLESS: 'has a line of more than 1 MiB: that is no list of addresses',
  EISDIR: 'is a directory; name a file in it',
};
