import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  unlinkSync,
} from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { VallumError } from '@vallum/core';

/** sun_path of unix(7) has 108 bytes, the last of them NUL. */
const MOST_PATH_BYTES = 107;
const GROUP = 'vallum';

export interface ControlSocket {
  readonly path: string;
  /** Why the group may not use it, where root alone may. */
  readonly rootOnly?: string;
  close(): Promise<void>;
}

/**
 * Listens on a unix socket that root and the group `vallum` may use, and nobody else. One that a vallumd
 * left behind when it was killed is replaced; one that another is listening on is not.
 *
 * @param accept gets each connection
 * @param groupFile group(5)
 * @throws VallumError `INVALID_ARGUMENT` for a path that is too long, `BACKEND_UNAVAILABLE` otherwise
 */
export async function listenOnSocket(
  path: string,
  accept: (socket: Socket) => void,
  groupFile = '/etc/group',
): Promise<ControlSocket> {
  if (Buffer.byteLength(path) > MOST_PATH_BYTES) {
    const longest = MOST_PATH_BYTES.toString();
    throw fault(
      `the path of the control socket, ${path}, is longer than ${longest} bytes`,
      undefined,
    );
  }
  const hasMadeFolder = makeFolder(path);
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // Whoever goes away in the middle of an answer concerns nobody.
    socket.on('error', () => undefined);
    accept(socket);
  });
  try {
    await listen(server, path);
  } catch (error) {
    if (codeOf(error) !== 'EADDRINUSE') throw fault(messageFor(path, error), error);
    if (await isAnswered(path)) {
      throw fault(
        `another vallumd listens on the control socket ${path}: --control names another`,
        error,
      );
    }
    try {
      removeStale(path);
      await listen(server, path);
    } catch (again) {
      throw fault(messageFor(path, again), again);
    }
  }
  const rootOnly = giveToGroup(path, hasMadeFolder ? dirname(path) : undefined, groupFile);
  server.unref();
  return {
    path,
    ...(rootOnly === undefined ? {} : { rootOnly }),
    close: () =>
      new Promise((resolve) => {
        for (const socket of open) socket.destroy();
        // Takes the file away too.
        server.close(() => {
          resolve();
        });
      }),
  };
}

/** Not those around it, since Node goes round for ever where none can be made (`/proc`). */
function makeFolder(path: string): boolean {
  try {
    mkdirSync(dirname(path), { mode: 0o750 });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw fault(messageFor(path, error), error);
  }
}

async function listen(server: Server, path: string): Promise<void> {
  // From its first moment on it is nobody else's.
  const before = process.umask(0o117);
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, () => {
        server.off('error', reject);
        resolve();
      });
    });
  } finally {
    process.umask(before);
  }
}

function isAnswered(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error) => {
      // Anything else, such as a queue that is full (EAGAIN), is said by one that is alive.
      resolve(codeOf(error) !== 'ECONNREFUSED' && codeOf(error) !== 'ENOENT');
    });
  });
}

function removeStale(path: string): void {
  // Nothing but a socket, or a link to one, as from the state folder to another `--control` of an earlier
  // start: the path may be a mistake.
  if (lstatSync(path).isSocket() || leadsToSocket(path)) unlinkSync(path);
}

/** A link to a socket that is there, or is no more. */
function leadsToSocket(path: string): boolean {
  if (!lstatSync(path).isSymbolicLink()) return false;
  return statSync(path, { throwIfNoEntry: false })?.isSocket() ?? true;
}

/**
 * Root gives it to the group, with the folder where it was made for it; vallum's own user has it as its
 * group already.
 *
 * @returns why that could not be done
 */
function giveToGroup(
  path: string,
  folder: string | undefined,
  groupFile: string,
): string | undefined {
  try {
    chmodSync(path, 0o660);
    if (process.getuid?.() !== 0) return undefined;
    const group = findGroup(groupFile);
    if (group === undefined) return undefined;
    chownSync(path, 0, group);
    if (folder !== undefined) chownSync(folder, 0, group);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function findGroup(groupFile: string): number | undefined {
  let groups: string;
  try {
    groups = readFileSync(groupFile, 'utf8');
  } catch {
    return undefined;
  }
  const found = groups.split('\n').find((line) => line.startsWith(`${GROUP}:`));
  return found === undefined ? undefined : Number(found.split(':')[2]);
}

function messageFor(path: string, error: unknown): string {
  const detail = error instanceof Error ? error.message : String(error);
  return `the control socket ${path} cannot be made: ${detail}; --control names another place`;
}

function fault(message: string, cause: unknown): VallumError {
  return new VallumError(message, {
    ...{ code: 'BACKEND_UNAVAILABLE', operation: 'listen on the control socket', cause },
  });
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | null)?.code;
}
