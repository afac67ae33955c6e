import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { mustRun, temporaryFolder } from '@vallum/test-kit';

const work = fileURLToPath(new URL('../.work', import.meta.url));

/** The path of what prepare-tests.mjs made, or why it could not. */
export function prepared(name: string, job = name): string {
  const failure = join(work, `${job}.failed`);
  if (existsSync(failure)) throw new Error(readFileSync(failure, 'utf8'));
  const path = join(work, name);
  if (!existsSync(path)) throw new Error(`${path} is missing: npm test runs prepare-tests.mjs`);
  return path;
}

const { version } = JSON.parse(
  readFileSync(new URL('../../packages/daemon/package.json', import.meta.url), 'utf8'),
) as { version: string };
export const packageVersion = version;

export type Architecture = 'amd64' | 'arm64';
export const packageNames = ['vallumd', 'vallum-pub'] as const;
export type PackageName = (typeof packageNames)[number];

export function deb(name: PackageName, architecture: Architecture, build = 'debs'): string {
  return join(prepared(build, 'packages'), `${name}_${version}_${architecture}.deb`);
}

/** What the package holds, unpacked. */
export async function unpack(name: PackageName, architecture: Architecture): Promise<string> {
  const folder = temporaryFolder();
  await mustRun('dpkg-deb', ['-x', deb(name, architecture), folder]);
  return folder;
}
