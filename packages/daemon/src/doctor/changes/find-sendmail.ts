import { join } from 'node:path';
import { firstThere } from './first-there.js';

/** Where it stands by tradition: administrators' PATH may lack them. */
const USUAL = ['/usr/sbin', '/usr/lib'];

/** @returns its path; undefined: this machine cannot send mail */
export function findSendmail(path = ''): Promise<string | undefined> {
  const folders = [...USUAL, ...path.split(':').filter((folder) => folder !== '')];
  return firstThere(folders.map((folder) => join(folder, 'sendmail')));
}
