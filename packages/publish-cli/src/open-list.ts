import { open } from 'node:fs/promises';
import { basename } from 'node:path';

export interface OpenList {
  /** For messages: the path as it was given, or `standard input`. */
  readonly name: string;
  /** In bytes, where it is known. */
  readonly size: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array | string>;
}

/** The list is not there, or ends in an error instead of an end. */
export class UnreadableList extends Error {
  override readonly name = 'UnreadableList';
}

/**
 * Opens a list before anything is sent, so that a wrong path costs nothing.
 *
 * @param path a file, or `-`
 * @throws UnreadableList, also while it is read
 */
export async function openList(
  path: string,
  standardInput: () => AsyncIterable<Uint8Array | string>,
): Promise<OpenList> {
  if (path === '-' || path === '/dev/stdin') {
    return {
      name: 'standard input',
      size: undefined,
      chunks: explained(standardInput(), 'standard input'),
    };
  }
  try {
    const file = await open(path, 'r');
    const stats = await file.stat();
    if (stats.isDirectory()) {
      await file.close();
      throw Object.assign(new Error('is a directory'), { code: 'EISDIR' });
    }
    return {
      name: basename(path),
      size: stats.isFile() ? stats.size : undefined,
      chunks: explained(file.createReadStream({ highWaterMark: 256 * 1024 }), path),
    };
  } catch (error) {
    throw unreadable(path, error);
  }
}

async function* explained(
  chunks: AsyncIterable<Uint8Array | string>,
  name: string,
): AsyncGenerator<Uint8Array | string, void> {
  try {
    yield* chunks;
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
  EISDIR: 'is a directory; name a file in it',
};
