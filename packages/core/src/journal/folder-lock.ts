import { join } from 'node:path';
import type { Disk } from '../system/disk.js';
import { describeProcess, isRunning } from '../system/process-identity.js';
import { systemDisk } from '../system/system-disk.js';
import { VallumError } from '../words/errors.js';
import { codeOf, storeError } from './store-error.js';

/**
 * Takes a folder for this process, by a lock (flock) on the file `lock` in it. The kernel gives it
 * back when the process ends, however it ends, and other containers meet it too. The file stays, since
 * one that is deleted and made again could be locked twice; what is in it is for people, and for
 * versions up to 0.3, which go by it.
 *
 * @returns what gives the folder back
 * @throws VallumError `STORE_FAILED` where somebody else has it
 */
export async function lockFolder(disk: Disk, folder: string): Promise<() => void> {
  const descriptor = await disk.open(join(folder, 'lock'), 'touch');
  try {
    const holder = await readHolder(disk, descriptor);
    if (!(await disk.lock(descriptor)) || isOldHolder(holder)) {
      throw inUse(folder, holder);
    }
    await disk.write(descriptor, Buffer.from(describeProcess()), 0);
    disk.truncateNow(descriptor, describeProcess().length);
  } catch (cause) {
    disk.closeNow(descriptor);
    throw cause;
  }
  return () => {
    disk.closeNow(descriptor);
  };
}

/**
 * Whose state folder it is.
 *
 * @returns the id of the process of this machine that has locked it; undefined where none does
 */
export async function findFolderHolder(
  folder: string,
  disk: Disk = systemDisk,
): Promise<number | undefined> {
  let descriptor: number;
  try {
    descriptor = await disk.open(join(folder, 'lock'), 'read');
  } catch (cause) {
    if (codeOf(cause) === 'ENOENT') return undefined;
    throw storeError(`read ${join(folder, 'lock')}`, cause);
  }
  try {
    const [pid, started = '', host] = await readHolder(disk, descriptor);
    const [, , ownHost] = describeProcess().split(' ');
    const isHere = host === undefined || host === ownHost;
    return isHere && isRunning(Number(pid), started) ? Number(pid) : undefined;
  } finally {
    disk.closeNow(descriptor);
  }
}

/** `1234 5678901 host`: process id, clock ticks from boot to its start, host name. */
async function readHolder(disk: Disk, descriptor: number): Promise<string[]> {
  const bytes = new Uint8Array(512);
  const length = await disk.read(descriptor, bytes, 0);
  return Buffer.from(bytes.subarray(0, length)).toString('latin1').split(' ');
}

/** Versions up to 0.3 write no host name, and do not lock. */
function isOldHolder([pid, started, host]: readonly string[]): boolean {
  return host === undefined && started !== undefined && isRunning(Number(pid), started);
}

function inUse(folder: string, [pid, , host]: readonly string[]): VallumError {
  const known = pid !== undefined && /^\d+$/.test(pid);
  const [, , ownHost] = describeProcess().split(' ');
  const where = host === undefined || host === ownHost ? '' : ` on ${host}`;
  return new VallumError(
    `${folder} is in use by ${known ? `process ${pid}${where}` : 'another process'}; ` +
      'give each daemon a state folder of its own',
    { code: 'STORE_FAILED', operation: `lock ${folder}` },
  );
}
