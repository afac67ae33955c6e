import { mkdirSync } from 'node:fs';
import { errorCode } from './folder.js';

/**
 * Makes a folder where it is missing, with this mode whatever the umask is. Not by chmod: in a folder of
 * a group the new one belongs to it too (setgid), which a hardened service may not ask for.
 *
 * @returns whether it was missing
 */
export function makeFolder(path: string, mode: number): boolean {
  const before = process.umask(0);
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    process.umask(before);
  }
}
