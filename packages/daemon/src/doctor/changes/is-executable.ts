import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';

/** Whether it can be started: a folder, which may be "executed" too, cannot. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}
