import { renameSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { unusable, UnusableState } from './state-file.js';

/**
 * Keeps other syncs of the same list out. It is a socket that this process listens to: whoever
 * finds it connects, and a process that has died, however, does not answer.
 *
 * @param path of the state
 * @returns what gives it back
 * @throws UnusableState where another sync is at work
 */
export async function lockState(folder: string, path: string): Promise<() => Promise<void>> {
  // A socket's path has 107 bytes at most.
  const name = createHash('sha256').update(path).digest('hex').slice(0, 12);
  const socket = join(folder, `${name}.lock`);
  const server = (await listen(socket, path)) ?? (await takeOver(socket, path));
  if (server === undefined) {
    throw new UnusableState(
      `another vallum-pub sync of this list is at work (${JSON.stringify(path)}): this one changes nothing`,
    );
  }
  server.unref();
  return () =>
    new Promise((resolve) => {
      server.close(() => {
        resolve();
      });
    });
}

/** Puts what a dead process left aside, unless somebody was quicker. */
async function takeOver(socket: string, path: string): Promise<Server | undefined> {
  if (await answers(socket)) return undefined;
  const aside = `${socket}.${process.pid.toString()}`;
  try {
    renameSync(socket, aside);
  } catch {
    return undefined;
  }
  if (await answers(aside)) {
    renameSync(aside, socket);
    return undefined;
  }
  rmSync(aside, { force: true });
  return listen(socket, path);
}

function listen(socket: string, path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((other) => {
      other.destroy();
    });
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(unusable(path, error));
    });
    server.listen(socket, () => {
      resolve(server);
    });
  });
}

function answers(socket: string): Promise<boolean> {
  return new Promise((resolve) => {
    const client = connect(socket);
    client.once('connect', () => {
      client.destroy();
      resolve(true);
    });
    client.once('error', () => {
      resolve(false);
    });
  });
}
