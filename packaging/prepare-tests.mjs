// Runs before the tests, since they run without a network: builds the packages twice, installs the
// npm packages in a clean folder, and unpacks Debian 12 for amd64 and arm64, and Debian 13; for
// `npm run test:long` also what that wants. What comes from the network is kept, see prepare/trees.mjs.
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './build/programs.mjs';
import { prepareNodeVersions } from './prepare/node-versions.mjs';
import { present, run } from './prepare/run.mjs';
import { followDockerfile } from './prepare/dockerfile.mjs';
import { longTrees, prepareTree, roomy, trees } from './prepare/trees.mjs';

const work = fileURLToPath(new URL('.work', import.meta.url));
const long = process.env.VALLUM_TEST_LONG === '1';

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
const builder = fileURLToPath(new URL('build.mjs', import.meta.url));
const forTrees = Object.entries(long ? longTrees : trees).map(([name, tree]) =>
  attempt(`tree-${name}`, async () => {
    if (process.getuid() !== 0 || !present('debootstrap')) return;
    writeFileSync(join(work, `tree-${name}`), await prepareTree(name, tree));
  }),
);
const forPackages = attempt('packages', async () => {
  if (!present('dpkg-deb')) throw new Error('dpkg-deb is not installed');
  const rpm = long && present('rpmbuild') ? ['--rpm'] : [];
  const build = (folder, umask, env) =>
    run(
      'sh',
      [
        '-c',
        `umask ${umask} && exec "$@"`,
        'sh',
        process.execPath,
        builder,
        '--no-build',
        ...rpm,
        '--output',
        join(work, folder),
      ],
      { env },
    );
  // Nothing of whoever builds may show.
  await build('debs', '022', {});
  await build('debs-again', '077', { TZ: 'Asia/Tokyo', LC_ALL: 'C', USER: 'other' });
});
const forNpm = long
  ? attempt('node-versions', () => prepareNodeVersions(work))
  : attempt('npm', installFromNpm);
await Promise.all([...forTrees, forPackages, forNpm]);
if (long) await attempt('tree-image', prepareImage);

/** What an engine would make of packaging/container/Dockerfile. */
async function prepareImage() {
  const base = join(work, 'tree-trixie-slim');
  // Said already, or for root only.
  if (!existsSync(base)) return;
  const archive = join(work, 'image.tar');
  await followDockerfile({
    dockerfile: fileURLToPath(new URL('container/Dockerfile', import.meta.url)),
    context: join(work, 'debs'),
    bases: { 'debian:trixie-slim': readFileSync(base, 'utf8') },
    scratch: roomy(),
    archive,
  });
  writeFileSync(join(work, 'tree-image'), archive);
}

/** A failure is for the tests to tell: those that need it fail, or are skipped by name. */
async function attempt(name, job) {
  try {
    await job();
  } catch (error) {
    writeFileSync(join(work, `${name}.failed`), `${error.message}\n`);
    console.error(`${name}: ${error.message}`);
  }
}

async function installFromNpm() {
  const tarballs = join(work, 'tarballs');
  const folder = join(work, 'npm');
  mkdirSync(tarballs);
  mkdirSync(folder);
  const names = ['core', 'daemon', 'publish-cli', 'fail2ban-action'];
  await run(
    'npm',
    [
      'pack',
      '--silent',
      '--pack-destination',
      tarballs,
      ...names.map((name) => `./packages/${name}`),
    ],
    { cwd: root },
  );
  writeFileSync(join(folder, 'package.json'), '{ "private": true }\n');
  const files = readdirSync(tarballs).map((name) => join(tarballs, name));
  await run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...files], {
    cwd: folder,
  });
}
