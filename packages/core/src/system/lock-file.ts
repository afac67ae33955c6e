import { systemDisk } from './system-disk.js';

/**
 * Takes a file for whoever has it open here, by a lock (flock) that the kernel gives back when the process
 * ends, however it ends. The file is made where it is missing and stays, since one that is deleted and made
 * again could be locked twice.
 *
 * @returns what gives it back; undefined where somebody else has it
 * @throws of the file system
 */
export async function lockFile(path: string): Promise<(() => void) | undefined> {
  const descriptor = await systemDisk.open(path, 'touch');
  const unlock = () => {
    systemDisk.closeNow(descriptor);
  };
  try {
    if (await systemDisk.lock(descriptor)) return unlock;
  } catch (error) {
    unlock();
    throw error;
  }
  unlock();
  return undefined;
}
