import { randomUUID } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  endWithFile,
  mustRun,
  ownNamespace,
  runProcess,
  startProcess,
  temporaryFolder,
  type Namespace,
} from '@vallum/test-kit';
import { prepared } from './prepared.js';

/** A Debian in a folder, which shares network and kernel sets with the tests. */
export interface Debian {
  readonly folder: string;
  /** Its process 1, as it is called outside. */
  readonly pid: number;
  run(program: string, ...args: string[]): ReturnType<typeof runProcess>;
  /** Runs what has to succeed, and returns all that it printed. */
  exec(program: string, ...args: string[]): Promise<string>;
  /** What changes its user does not hear when it has to end. */
  start(program: string, ...args: string[]): ReturnType<typeof startProcess>;
  read(path: string): string;
  write(path: string, text: string, mode?: number): void;
  /** As when the power fails: nothing is stopped in order. */
  powerOff(): Promise<void>;
  /** Every file but those of apt, dpkg and logs, with owner and mode. */
  files(): Promise<string[]>;
}

/** Nothing but a process that waits, and reaps. */
const idle = `
mount -t proc proc "$0/proc"
exec chroot "$0" sh -c "echo up; while :; do sleep 1; done"`;

/** The root is the tree itself, or a layer over one that several machines share. */
const mountRoot = `
mount --make-rprivate /
if [ -n "$2" ]; then
  mount -t overlay overlay -o "lowerdir=$2,upperdir=$0/../upper,workdir=$0/../work" "$0"
else
  mount --bind "$0" "$0"
fi`;

/**
 * systemd wants a root of its own, /run, and the control groups: a group to itself, since it takes what
 * runs in a group called like one of its services for that service.
 */
const bootSystemd = `${mountRoot}
cd "$0"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mkdir "sys/fs/cgroup/$1"
echo 0 >"sys/fs/cgroup/$1/cgroup.procs"
umount sys/fs/cgroup
exec unshare --cgroup sh -ec '
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mkdir -p old
pivot_root . old
umount -l old
# As systemd finds it on a machine: credentials of services are mounted from below.
mount --make-rshared /
echo up
exec env -i container=vallum-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system'`;

/** What systemd leaves of its group when it is killed. */
const removeGroup = `
mount -t cgroup2 cgroup2 /sys/fs/cgroup
[ ! -d "/sys/fs/cgroup/$0" ] || find "/sys/fs/cgroup/$0" -depth -type d -exec rmdir {} +`;

export interface Tree {
  /** What prepare/trees.mjs calls it; Debian 12 unless given. */
  readonly name?: TreeName;
  /** What is process 1; nothing but one that waits unless given. */
  readonly init?: 'idle' | 'systemd';
}

type TreeName =
  'bookworm-amd64' | 'trixie-amd64' | 'bookworm-to-trixie' | 'bookworm-server' | 'image';

export async function unpackDebian({
  name = 'bookworm-amd64',
  init = 'idle',
}: Tree = {}): Promise<Debian> {
  return bootDebian({ folder: await unpackTree(name), init });
}

/** A folder with a Debian in it, which nobody has booted yet. */
export async function unpackTree(name: TreeName): Promise<string> {
  const folder = temporaryFolder();
  await mustRun('tar', ['-C', folder, '-xf', readFileSync(prepared(`tree-${name}`), 'utf8')]);
  // There is no init system to ask whether services may be started.
  writeFileSync(join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  // It is thrown away: nothing has to reach the disk.
  mkdirSync(join(folder, 'etc/dpkg/dpkg.cfg.d'), { recursive: true });
  writeFileSync(join(folder, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
  // A root that nobody but root may enter is no root.
  chmodSync(folder, 0o755);
  return folder;
}

export interface Boot {
  /** The tree; with `below` an empty folder beside `upper` and `work`. */
  readonly folder: string;
  readonly init: 'idle' | 'systemd';
  /** The tree that several machines share; what this one writes goes to `upper`. systemd only. */
  readonly below?: string;
  /** That of the tests unless given. */
  readonly network?: Namespace;
}

/** A process 1 with this root: what is started in it ends with it. */
export async function bootDebian(boot: Boot): Promise<Debian> {
  const { folder, init, below = '', network = ownNamespace } = boot;
  const group = `vallum-test-${randomUUID()}`;
  // Debian's tools do nothing for services in a mere chroot.
  // It ends with the tests, also where these are killed.
  const outside = await network.start('setpriv', [
    ...[
      '--pdeathsig',
      'KILL',
      'unshare',
      '--mount',
      '--pid',
      '--uts',
      '--ipc',
      '--fork',
      '--kill-child',
    ],
    ...(init === 'systemd'
      ? ['sh', '-ec', bootSystemd, folder, group, below]
      : ['--cgroup', 'sh', '-ec', idle, folder]),
  ]);
  endWithFile(async () => {
    await outside.kill('SIGKILL');
    if (init === 'systemd')
      await runProcess('unshare', ['--mount', 'sh', '-ec', removeGroup, group]);
  });
  await outside.waitForOutput(/up/);
  const pid = outside.pid.toString();
  const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  const root = below === '' ? folder : join('/proc', first, 'root');
  const namespaces = ['--mount', '--pid', '--uts', '--ipc', '--cgroup', '--net'];
  const enter = (program: string, args: readonly string[]) =>
    [
      'nsenter',
      [
        ...['-t', first, ...namespaces, '--root', '--wd', '/usr/bin/env', '-i'],
        ...['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'],
        ...[program, ...args],
      ],
    ] as const;
  const run: Debian['run'] = (program, ...args) => runProcess(...enter(program, args));
  const at = (path: string) => join(root, path);
  return {
    folder: root,
    pid: Number(first),
    run,
    async exec(program, ...args) {
      const { code, stdout, stderr } = await run(program, ...args);
      if (code !== 0)
        throw new Error(`${program} ${args.join(' ')}: ${String(code)}\n${stdout}${stderr}`);
      return stdout + stderr;
    },
    // nsenter waits for the program, and passes no signal on: it is told when nsenter ends.
    start: (program, ...args) =>
      startProcess(...enter('setpriv', ['--pdeathsig', 'TERM', program, ...args])),
    read: (path) => readFileSync(at(path), 'utf8'),
    write(path, text, mode = 0o644) {
      mkdirSync(dirname(at(path)), { recursive: true });
      writeFileSync(at(path), text, { mode });
    },
    async powerOff() {
      await outside.kill('SIGKILL');
    },
    async files() {
      const skipped = ['./proc', './dev', './var/lib/dpkg', './var/cache', './var/log', './tmp'];
      const listing = await mustRun('find', [
        ...[root, '-mindepth', '1'],
        ...skipped.flatMap((path) => ['-path', join(root, path), '-prune', '-o']),
        ...['-printf', '%P %u %g %m\\n'],
      ]);
      return (
        listing
          .trim()
          .split('\n')
          // passwd and its like are rewritten with each account.
          .filter(
            (line) =>
              !/^etc\/(group|gshadow|passwd|shadow|subuid|subgid|\.pwd\.lock)-? /.test(line),
          )
          .sort()
      );
    },
  };
}
