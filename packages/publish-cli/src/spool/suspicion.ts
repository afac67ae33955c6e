import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { errorCode, nameInState, type SpooledName } from './folder.js';

export function isSuspect({ state }: SpooledName): boolean {
  return state === 's' || state === 'c';
}

/** Those that may be innocent before those that were found alone: what is behind a culprit may never get its turn. */
export function suspectsFirst(files: readonly SpooledName[]): SpooledName[] {
  return files
    .filter(({ state }) => state === 's')
    .concat(files.filter(({ state }) => state === 'c'));
}

/**
 * The connection ended while the message was under way. Its name says so, since the next process knows
 * nothing else of this one.
 *
 * @returns the file as it is called now; undefined where it is gone, or beyond suspicion: the broker has
 *   taken it before
 * @throws an error of node:fs
 */
export function markLoss(
  folder: string,
  file: SpooledName,
  wasAlone: boolean,
): SpooledName | undefined {
  if (file.state === 'u') return undefined;
  const state = wasAlone && isSuspect(file) ? 'c' : 's';
  const marked = { ...file, state, name: nameInState(file, state) } as const;
  try {
    if (marked.name !== file.name) renameSync(join(folder, file.name), join(folder, marked.name));
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
  return marked;
}
