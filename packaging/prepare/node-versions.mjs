// Every Node.js that Vallum runs on, and the packages as npm installs them, for the tests of versions.
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { root } from '../build/programs.mjs';
import { run } from './run.mjs';

/** The oldest that `engines` takes, and the newest of each line with a future. */
export const nodeVersions = ['18.20.0', '18', '20', '22', '24', '26'];

const week = Math.floor(Date.now() / (7 * 24 * 3600 * 1000));
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vallum');

/** Fills `work/node-versions`: `packages` with everything installed, and a file `node-N` with a path. */
export async function prepareNodeVersions(work) {
  const folder = join(work, 'node-versions');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await Promise.all([
    installPackages(folder),
    ...nodeVersions.map(async (version) => {
      writeFileSync(join(folder, `node-${version}`), await fetchNode(version));
    }),
  ]);
}

async function installPackages(folder) {
  const packages = join(folder, 'packages');
  mkdirSync(packages);
  const names = ['core', 'daemon', 'publish-cli', 'fail2ban-action'];
  const from = names.map((name) => `./packages/${name}`);
  await run('npm', ['pack', '--silent', '--pack-destination', folder, ...from], { cwd: root });
  writeFileSync(join(packages, 'package.json'), '{ "private": true }\n');
  const files = readdirSync(folder)
    .filter((name) => name.endsWith('.tgz'))
    .map((name) => join(folder, name));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...files], {
    cwd: packages,
  });
}

/** npm has the official builds, as packages of one program each; kept for a week. */
async function fetchNode(version) {
  const name = `node-${process.platform}-${process.arch}`;
  const place = join(cache, `node-${version}-${process.arch}-${week}`);
  const program = join(place, 'node_modules', name, 'bin/node');
  if (existsSync(program)) return program;
  mkdirSync(cache, { recursive: true });
  for (const old of readdirSync(cache).filter((one) =>
    one.startsWith(`node-${version}-${process.arch}-`),
  )) {
    rmSync(join(cache, old), { recursive: true });
  }
  const unfinished = `${place}.${process.pid}`;
  mkdirSync(unfinished);
  writeFileSync(join(unfinished, 'package.json'), '{ "private": true }\n');
  await run(
    'npm',
    ['install', '--no-audit', '--no-fund', '--ignore-scripts', `${name}@${version}`],
    { cwd: unfinished },
  );
  renameSync(unfinished, place);
  return program;
}
