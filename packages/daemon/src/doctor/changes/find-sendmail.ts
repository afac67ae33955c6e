import { join } from 'node:path';
import { isExecutable } from './is-executable.js';

/** Where it stands by tradition: administrators' PATH may lack them. */
const USUAL = ['/usr/sbin', '/usr/lib'];

/** @returns its path; undefined: this machine cannot send mail */
export async function findSendmail(path = ''): Promise<string | undefined> {
  const folders = [...USUAL, ...path.split(':').filter((folder) => folder !== '')];
  for (const folder of folders) {
    const program = join(folder, 'sendmail');
    if (await isExecutable(program)) return program;
  }
  return undefined;
}
