import { release } from 'node:os';

/** What `uname -r` prints, such as `6.1.0-18-amd64`. */
export function kernelRelease(): string {
  return release();
}
