import { constants } from 'node:fs';
import { access } from 'node:fs/promises';

/** @returns the first of the files that exists; undefined: none of them does */
export async function firstThere(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths) if (await may(path, constants.F_OK)) return path;
  return undefined;
}

export function isExecutable(path: string): Promise<boolean> {
  return may(path, constants.X_OK);
}

function may(path: string, mode: number): Promise<boolean> {
  return access(path, mode).then(
    () => true,
    () => false,
  );
}
