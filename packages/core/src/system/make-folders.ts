import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those above it that are missing, with this mode. One that is there is as good.
 *
 * Not by `recursive: true`, which never returns below /proc in Node.js up to 20: `mkdir` says `ENOENT`
 * there though the folder above is there.
 *
 * @throws of node:fs; `ENOENT` where nothing can be made in a folder that is there
 */
export function makeFolders(path: string, mode: number): void {
  if (makeOne(path, mode)) return;
  const above = dirname(path);
  if (above !== path) makeFolders(above, mode);
  if (!makeOne(path, mode)) {
    throw Object.assign(new Error(`ENOENT: no folder can be made in ${above}, mkdir '${path}'`), {
      ...{ code: 'ENOENT', syscall: 'mkdir', path },
    });
  }
}

/** @returns false where the folder above is missing, or says so */
function makeOne(path: string, mode: number): boolean {
  try {
    mkdirSync(path, { mode });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return true;
    throw error;
  }
}
