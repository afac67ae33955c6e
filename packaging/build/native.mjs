// The native parts of dependencies, for one architecture, whatever machine builds.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { architectures, root } from './programs.mjs';

const lock = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;

/** Names of packages that are for some processors only; they are never bundled. */
export const nativePackages = Object.entries(lock)
  .filter(([, { cpu }]) => cpu !== undefined)
  .map(([path]) => path.replace(/^.*node_modules\//, ''));

/**
 * The native packages that the bundled packages ask for on this architecture.
 *
 * @returns {{ name: string, folder: string }[]} folders that hold each package unpacked
 */
export function nativeParts(bundled, debianArchitecture) {
  const cpu = architectures[debianArchitecture];
  const asked = bundled.flatMap((path) => Object.keys(lock[path]?.optionalDependencies ?? {}));
  return [...new Set(asked)].sort().flatMap((name) => {
    const entry = lock[`node_modules/${name}`];
    const fits = entry?.cpu?.includes(cpu) && (entry.os ?? ['linux']).includes('linux');
    return fits ? [{ name, folder: unpacked(name, entry) }] : [];
  });
}

/** node_modules has it for the machine that builds; the others come from npm, once. */
function unpacked(name, { version, integrity }) {
  const installed = join(root, 'node_modules', name);
  if (existsSync(join(installed, 'package.json'))) return installed;
  const cache = process.env.XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(cache, 'vallum/native', `${name.replace('/', '+')}-${version}`);
  if (existsSync(folder)) return folder;

  const work = mkdtempSync(join(tmpdir(), 'vallum-native-'));
  try {
    execFileSync('npm', ['pack', `${name}@${version}`, '--silent', '--pack-destination', work], {
      cwd: root,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const [tarball] = readdirSync(work);
    const path = join(work, tarball);
    const [algorithm, wanted] = integrity.split(/-(.*)/s);
    const found = createHash(algorithm).update(readFileSync(path)).digest('base64');
    if (found !== wanted) {
      throw new Error(
        `${name} ${version} is not what package-lock.json knows: ${algorithm} ${found}`,
      );
    }
    execFileSync('tar', ['-xzf', path, '-C', work, '--no-same-owner']);
    mkdirSync(join(folder, '..'), { recursive: true });
    const staged = `${folder}.${process.pid}`;
    execFileSync('cp', ['-r', join(work, 'package'), staged]);
    renameSync(staged, folder);
    return folder;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Of such a package what runs on Debian: its manifest and code, and binaries for glibc. */
export function shippedFiles(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .filter((path) => /\.(js|cjs|node)$|^package\.json$/.test(path) && !/musl/.test(path))
    .sort();
}
