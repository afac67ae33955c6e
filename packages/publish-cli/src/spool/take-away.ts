import { unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, keptUntilMs, type SpooledName } from './folder.js';

/** Its effect is there, or nobody wants it any more. */
export function takeAway(folder: string, files: readonly SpooledName[]): void {
  for (const { name } of files) {
    try {
      unlinkSync(join(folder, name));
    } catch (error) {
      if (errorCode(error) !== 'ENOENT') throw error;
    }
  }
}

/**
 * Takes away what is too old, whoever it is for: its broker may have another name by now.
 *
 * @returns those that are left, and how many are gone
 */
export function dropOld(
  folder: string,
  files: readonly SpooledName[],
  nowMs: number,
): { readonly left: readonly SpooledName[]; readonly dropped: number } {
  const isOld = (file: SpooledName) => keptUntilMs(file) < nowMs;
  const old = files.filter(isOld);
  takeAway(folder, old);
  return {
    left: old.length === 0 ? files : files.filter((file) => !isOld(file)),
    dropped: old.length,
  };
}
