import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
// Not out of `fs`: whoever bundles this would have to keep all of it, deprecated names too.
import { constants, promises } from 'node:fs';
import type { Disk } from './disk.js';
import { loadFileCalls } from './file-calls.js';
import { makeFolders } from './make-folders.js';

const FLAGS = { read: 'r', edit: 'r+', create: 'wx+', replace: 'w+' } as const;
/** For a program that does what node cannot: each takes milliseconds. */
const DEADLINE_MS = 30_000;

/**
 * The machine's own disks.
 *
 * @param loadCalls gives undefined where programs have to do what node cannot
 */
export function createSystemDisk(loadCalls = loadFileCalls): Disk {
  return {
    makeFolder: (path) =>
      settle((done) => {
        makeFolders(path, 0o700);
        done(null);
      }),
    open: (path, how) =>
      settle((done) => {
        fs.open(
          path,
          how === 'touch' ? constants.O_CREAT | constants.O_RDWR : FLAGS[how],
          0o600,
          done,
        );
      }),
    async status(descriptor) {
      const { size, nlink, mtimeMs } = await settle<fs.Stats>((done) => {
        fs.fstat(descriptor, done);
      });
      return { size, links: nlink, modifiedMs: mtimeMs };
    },
    read: (descriptor, into, position) =>
      settle((done) => {
        fs.read(descriptor, into, 0, into.length, position, done);
      }),
    readNow: (descriptor, into, position) =>
      fs.readSync(descriptor, into, 0, into.length, position),
    async write(descriptor, bytes, position) {
      for (let written = 0; written < bytes.length;) {
        written += await settle<number>((done) => {
          fs.write(descriptor, bytes, written, bytes.length - written, position + written, done);
        });
      }
    },
    writeNow: (descriptor, bytes, position) =>
      fs.writeSync(descriptor, bytes, 0, bytes.length, position),
    truncateNow: (descriptor, length) => {
      fs.ftruncateSync(descriptor, length);
    },
    sync: (descriptor) =>
      settle((done) => {
        fs.fsync(descriptor, done);
      }),
    async syncFolder(path) {
      const folder = await promises.open(path, 'r');
      try {
        await folder.sync();
      } finally {
        await folder.close();
      }
    },
    renameNow: (from, to) => {
      fs.renameSync(from, to);
    },
    link: (path, name) => promises.link(path, name),
    remove: (path) => promises.rm(path, { force: true }),
    async reserve(descriptor, position, length) {
      const calls = await loadCalls();
      if (calls) await calls.reserve(descriptor, position, length);
      else await reserveByProgram(descriptor, position, length);
    },
    async lock(descriptor) {
      const calls = await loadCalls();
      return calls ? calls.lock(descriptor) : lockByProgram(descriptor);
    },
    close: (descriptor) =>
      new Promise((resolve) => {
        fs.close(descriptor, () => {
          resolve();
        });
      }),
    closeNow: (descriptor) => {
      try {
        fs.closeSync(descriptor);
      } catch {
        // It is closed all the same (close(2)).
      }
    },
  };
}

export const systemDisk = /* @__PURE__ */ createSystemDisk();

function settle<Value = void>(
  start: (done: (error: NodeJS.ErrnoException | null, value?: Value) => void) => void,
): Promise<Value> {
  return new Promise((resolve, reject) => {
    start((error, value) => {
      if (error) reject(error);
      else resolve(value as Value);
    });
  });
}

/**
 * util-linux's and busybox' `flock` lock the descriptor that they inherit, and the lock belongs to the
 * open file: it stays when the program has ended.
 */
async function lockByProgram(descriptor: number): Promise<boolean> {
  const code = await runOn(descriptor, 'flock', ['-n', '3']);
  if (code > 1) throw new Error(`flock ended with exit code ${String(code)}`);
  return code === 0;
}

/** util-linux only. It tells its reason to people alone, but what it may have been is not hard to see. */
async function reserveByProgram(
  descriptor: number,
  position: number,
  length: number,
): Promise<void> {
  const place = ['--offset', String(position), '--length', String(length)];
  const code = await runOn(descriptor, 'fallocate', ['--keep-size', ...place, '/proc/self/fd/3']);
  if (code !== 0) {
    const { bavail, bsize } = await promises.statfs(`/proc/self/fd/${String(descriptor)}`);
    const reason = bavail * bsize < length ? 'ENOSPC' : 'ENOTSUP';
    throw Object.assign(new Error(`${reason}: fallocate`), { code: reason });
  }
}

/** @returns the exit code of a program that has `descriptor` as its third */
function runOn(descriptor: number, program: string, args: readonly string[]): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      stdio: ['ignore', 'ignore', 'ignore', descriptor],
      timeout: DEADLINE_MS,
      killSignal: 'SIGKILL',
    });
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      const seconds = DEADLINE_MS / 1000;
      if (signal === 'SIGKILL')
        reject(new Error(`${program} was killed after ${String(seconds)} s`));
      else resolve(code ?? 128);
    });
  });
}
