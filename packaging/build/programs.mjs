// What is packaged, and from where.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const inputs = fileURLToPath(new URL('../debian', import.meta.url));

export const monitoring = fileURLToPath(new URL('../monitoring', import.meta.url));

/** Names of Debian and of npm, which writes them into `cpu` of its lock file. */
export const architectures = { amd64: 'x64', arm64: 'arm64' };

export const programs = [
  {
    name: 'vallumd',
    folder: 'packages/daemon',
    main: 'dist/vallumd.js',
    command: 'usr/sbin/vallumd',
  },
  {
    name: 'vallum-pub',
    folder: 'packages/publish-cli',
    main: 'bin/vallum-pub.js',
    command: 'usr/bin/vallum-pub',
    // See docs/decisions/0010-vallum-pub-start.md.
    nodeOption: '--use-openssl-ca',
  },
];

export function manifestOf({ folder }) {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
}
