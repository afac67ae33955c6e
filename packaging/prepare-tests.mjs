// Runs before the tests, since they run without a network: builds the packages twice, installs the
// npm packages in a clean folder, and unpacks Debian 12 for amd64 and arm64. What comes from the
// network is kept in $XDG_CACHE_HOME/vallum, the trees for a week.
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { architectures, root } from './build/programs.mjs';

const work = fileURLToPath(new URL('.work', import.meta.url));
const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vallum');
const week = Math.floor(Date.now() / (7 * 24 * 3600 * 1000));

const include = {
  // What an administrator has on a firewall, and fail2ban on the other machines.
  amd64: 'nodejs,ipset,iptables,iproute2,adduser,fail2ban,lsb-base,systemd',
  // Enough to run Node under qemu.
  arm64: 'nodejs',
};

rmSync(work, { recursive: true, force: true });
mkdirSync(work, { recursive: true });
mkdirSync(cache, { recursive: true });
const builder = fileURLToPath(new URL('build.mjs', import.meta.url));
const jobs = [
  ...Object.keys(architectures).map((architecture) =>
    attempt(`tree-${architecture}`, () => prepareTree(architecture)),
  ),
  attempt('npm', installFromNpm),
  attempt('packages', async () => {
    if (!present('dpkg-deb')) throw new Error('dpkg-deb is not installed');
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
          '--output',
          join(work, folder),
        ],
        { env },
      );
    // Nothing of whoever builds may show.
    await build('debs', '022', {});
    await build('debs-again', '077', { TZ: 'Asia/Tokyo', LC_ALL: 'C', USER: 'other' });
  }),
];
await Promise.all(jobs);

/** A failure is for the tests to tell: those that need it fail, or are skipped by name. */
async function attempt(name, job) {
  try {
    await job();
  } catch (error) {
    writeFileSync(join(work, `${name}.failed`), `${error.message}\n`);
    console.error(`${name}: ${error.message}`);
  }
}

async function prepareTree(architecture) {
  if (process.getuid() !== 0 || !present('debootstrap')) return;
  const native = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const foreign = architecture !== native;
  const kept = `bookworm-${architecture}-${include[architecture].split(',').length}-${week}.tar`;
  const archive = join(cache, kept);
  if (!existsSync(archive)) {
    for (const old of readdirSync(cache).filter((name) =>
      name.startsWith(`bookworm-${architecture}-`),
    )) {
      rmSync(join(cache, old));
    }
    const folder = mkdtempSync(join(roomy(), 'vallum-tree-'));
    try {
      await run('debootstrap', [
        ...['--variant=minbase', `--arch=${architecture}`, `--include=${include[architecture]}`],
        // Another processor's programs are only unpacked, not set up.
        ...(foreign ? ['--foreign'] : []),
        ...['bookworm', folder, ...mirror()],
      ]);
      if (foreign)
        await run('sh', [
          '-c',
          `for deb in ${folder}/var/cache/apt/archives/*.deb; do dpkg-deb -x "$deb" ${folder}; done`,
        ]);
      await run('tar', [
        '-C',
        folder,
        '--exclude=./var/cache/apt/archives/*.deb',
        '-cf',
        `${archive}.${process.pid}`,
        '.',
      ]);
      renameSync(`${archive}.${process.pid}`, archive);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }
  writeFileSync(join(work, `tree-${architecture}`), archive);
}

/** dpkg syncs each file: in memory it takes half the time. */
function roomy() {
  const { bavail, bsize } = existsSync('/dev/shm')
    ? statfsSync('/dev/shm')
    : { bavail: 0, bsize: 0 };
  return bavail * bsize > 2 * 2 ** 30 ? '/dev/shm' : tmpdir();
}

/** Where this machine gets Debian from; nothing, where debootstrap's own default has to do. */
function mirror() {
  const folder = '/etc/apt/sources.list.d';
  const files = [
    '/etc/apt/sources.list',
    ...(existsSync(folder) ? readdirSync(folder).map((name) => join(folder, name)) : []),
  ];
  const text = files
    .filter((file) => existsSync(file))
    .map((file) => readFileSync(file, 'utf8'))
    .join('\n');
  const [url] = /\bhttps?:\/\/\S+\/debian\/?(?=\s)/.exec(text.replace(/^#.*$/gm, '')) ?? [];
  return url === undefined ? [] : [url];
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

function present(program) {
  return spawnSync('sh', ['-c', `command -v ${program}`]).status === 0;
}

function run(program, args, { cwd = root, env = {} } = {}) {
  return new Promise((resolve, reject) => {
    // npm started by npm inherits its settings, such as the prefix of a workspace.
    const clean = Object.fromEntries(
      Object.entries(process.env).filter(
        ([name]) => !/^npm_(config_(local_prefix|workspace)|package_)/.test(name),
      ),
    );
    const child = spawn(program, args, {
      cwd,
      env: { ...clean, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let said = '';
    child.stdout.on('data', (text) => (said += text));
    child.stderr.on('data', (text) => (said += text));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve();
      else
        reject(new Error(`${program} ${args.join(' ')}: exit code ${code}\n${said.slice(-2000)}`));
    });
  });
}
