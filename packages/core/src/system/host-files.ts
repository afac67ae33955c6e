import { readFile } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';

/** What the system tells of itself in files and through libuv. */
export interface HostFiles {
  readonly read: (path: string) => Promise<string>;
  readonly interfaces: typeof networkInterfaces;
}

export const systemFiles: HostFiles = {
  read: (path) => readFile(path, 'utf8'),
  interfaces: networkInterfaces,
};
