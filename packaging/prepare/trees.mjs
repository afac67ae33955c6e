// Debian in folders, as archives in $XDG_CACHE_HOME/vallum, where they are kept for a week.
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
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './run.mjs';

const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'vallum');
const week = Math.floor(Date.now() / (7 * 24 * 3600 * 1000));

// What an administrator has on a firewall, and fail2ban on the other machines.
const machine = ['nodejs', 'ipset', 'iptables', 'iproute2', 'adduser', 'fail2ban', 'systemd'];

/**
 * What the tests unpack. `beside` is not installed, but its packages stand in /opt/beside, for tests
 * that run without a network.
 */
export const trees = {
  'bookworm-amd64': {
    release: 'bookworm',
    architecture: 'amd64',
    include: [...machine, 'lsb-base'],
    beside: ['openrc'],
  },
  'trixie-amd64': {
    release: 'trixie',
    architecture: 'amd64',
    include: [...machine, 'nftables', 'mosquitto', 'mosquitto-clients'],
    beside: ['openrc'],
  },
  // Enough to run Node under qemu.
  'bookworm-arm64': { release: 'bookworm', architecture: 'arm64', include: ['nodejs'] },
};

/** What test:long unpacks beside them. */
export const longTrees = {
  // With all packages that it takes to become the next Debian.
  'bookworm-to-trixie': {
    release: 'bookworm',
    architecture: 'amd64',
    include: [...machine, 'lsb-base', 'mosquitto'],
    next: 'trixie',
  },
  // Each of the machines of the trial is made of it.
  'bookworm-server': {
    release: 'bookworm',
    architecture: 'amd64',
    include: [
      ...[...machine, 'lsb-base', 'nftables', 'mosquitto', 'mosquitto-clients', 'openssl'],
      ...['procps', 'iputils-ping', 'man-db'],
    ],
  },
  // What the image debian:trixie-slim is made of.
  'trixie-slim': { release: 'trixie', architecture: 'amd64', include: [] },
};

/** @returns {Promise<string>} the path of the archive */
export async function prepareTree(name, tree) {
  mkdirSync(cache, { recursive: true });
  const digest = createHash('sha256').update(JSON.stringify(tree)).digest('hex').slice(0, 8);
  const archive = join(cache, `${name}-${digest}-${week}.tar`);
  if (existsSync(archive)) return archive;
  for (const old of readdirSync(cache)) {
    if (old.startsWith(`${name}-`) && old.endsWith('.tar')) rmSync(join(cache, old));
  }
  const folder = mkdtempSync(join(roomy(), 'vallum-tree-'));
  try {
    await makeTree(folder, tree);
    const staged = `${archive}.${process.pid}`;
    await run('tar', ['-C', folder, '-cf', staged, '.']);
    renameSync(staged, archive);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return archive;
}

async function makeTree(folder, { release, architecture, include, beside = [], next }) {
  const native = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const foreign = architecture !== native;
  await run('debootstrap', [
    ...['--variant=minbase', `--arch=${architecture}`],
    ...(include.length > 0 ? [`--include=${include.join(',')}`] : []),
    // Another processor's programs are only unpacked, not set up.
    ...(foreign ? ['--foreign'] : []),
    ...[release, folder, ...mirror()],
  ]);
  const fetched = join(folder, 'var/cache/apt/archives');
  if (foreign)
    await run('sh', [
      ...['-c', 'for deb in "$1"/*.deb; do dpkg-deb -x "$deb" "$2"; done', 'sh', fetched, folder],
    ]);
  await removeDebs(fetched);
  if (beside.length > 0) {
    await apt(folder, 'update');
    await apt(folder, 'install', '--download-only', '--no-install-recommends', ...beside);
    mkdirSync(join(folder, 'opt'), { recursive: true });
    await run('cp', ['-r', fetched, join(folder, 'opt/beside')]);
    await removeDebs(fetched);
    rmSync(join(folder, 'var/lib/apt/lists'), { recursive: true });
  }
  if (next !== undefined) {
    const sources = join(folder, 'etc/apt/sources.list');
    writeFileSync(sources, readFileSync(sources, 'utf8').replaceAll(release, next));
    await apt(folder, 'update');
    await apt(folder, 'full-upgrade', '--download-only');
  }
}

/** With the machine's own apt, which knows the way out, for the tree in a folder. */
function apt(folder, ...args) {
  return run(
    'apt-get',
    [
      ...['-q', '-y', '-o', `Dir=${folder}`],
      ...['-o', `Dir::State::status=${folder}/var/lib/dpkg/status`],
      ...args,
    ],
    { env: { DEBIAN_FRONTEND: 'noninteractive' } },
  );
}

function removeDebs(folder) {
  return run('find', [folder, '-name', '*.deb', '-delete']);
}

/** dpkg syncs each file: in memory it takes half the time. */
export function roomy() {
  const { bavail, bsize } = existsSync('/dev/shm')
    ? statfsSync('/dev/shm')
    : { bavail: 0, bsize: 0 };
  return bavail * bsize > 4 * 2 ** 30 ? '/dev/shm' : tmpdir();
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
