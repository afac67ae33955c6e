import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { mustRun, runProcess, startProcess, temporaryFolder } from '@vallum/test-kit';
import { prepared } from './prepared.js';

/** A Debian in a folder, which shares network and kernel sets with the tests. */
export interface Debian {
  readonly folder: string;
  run(program: string, ...args: string[]): ReturnType<typeof runProcess>;
  /** Runs what has to succeed, and returns all that it printed. */
  exec(program: string, ...args: string[]): Promise<string>;
  /** What changes its user does not hear when it has to end. */
  start(program: string, ...args: string[]): ReturnType<typeof startProcess>;
  read(path: string): string;
  write(path: string, text: string, mode?: number): void;
  /** Every file but those of apt, dpkg and logs, with owner and mode. */
  files(): Promise<string[]>;
}

/** Nothing but a process that waits, and reaps. */
const idle = `
mount -t proc proc "$0/proc"
exec chroot "$0" sh -c "echo up; while :; do sleep 1; done"`;

/** systemd wants a root of its own, /run, and the control groups. */
const bootSystemd = `
mount --make-rprivate /
mount --bind "$0" "$0"
cd "$0"
mount -t proc proc proc
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs tmpfs run
mkdir old
pivot_root . old
umount -l old
# As systemd finds it on a machine: a service's credentials are mounted from below.
mount --make-rshared /
echo up
exec env -i container=vallum-test PATH=/usr/sbin:/usr/bin:/sbin:/bin /lib/systemd/systemd --system`;

export interface Tree {
  /** What prepare/trees.mjs calls it; Debian 12 unless given. */
  readonly name?: 'bookworm-amd64' | 'trixie-amd64' | 'bookworm-to-trixie' | 'image';
  /** What is process 1; nothing but one that waits unless given. */
  readonly init?: 'idle' | 'systemd';
}

export async function unpackDebian(tree: Tree = {}): Promise<Debian> {
  const { name = 'bookworm-amd64', init = 'idle' } = tree;
  const folder = temporaryFolder();
  await mustRun('tar', ['-C', folder, '-xf', readFileSync(prepared(`tree-${name}`), 'utf8')]);
  // There is no init system to ask whether services may be started.
  writeFileSync(join(folder, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  // It is thrown away: nothing has to reach the disk.
  mkdirSync(join(folder, 'etc/dpkg/dpkg.cfg.d'), { recursive: true });
  writeFileSync(join(folder, 'etc/dpkg/dpkg.cfg.d/unsafe-io'), 'force-unsafe-io\n');
  // A root that nobody but root may enter is no root.
  chmodSync(folder, 0o755);
  // A process 1 of its own, with this root: Debian's tools do nothing for services in a mere chroot,
  // and whatever is started in it ends with it.
  const outside = await startProcess('unshare', [
    ...['--mount', '--pid', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child'],
    ...['sh', '-ec', init === 'systemd' ? bootSystemd : idle, folder],
  ]);
  await outside.waitForOutput(/up/);
  const pid = outside.pid.toString();
  const [first = ''] = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ');
  const enter = (program: string, args: readonly string[]) =>
    [
      'nsenter',
      [
        ...[
          '-t',
          first,
          '--mount',
          '--pid',
          '--uts',
          '--ipc',
          '--cgroup',
          '--root',
          '--wd',
          '/usr/bin/env',
          '-i',
        ],
        ...['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LC_ALL=C', 'DEBIAN_FRONTEND=noninteractive'],
        ...[program, ...args],
      ],
    ] as const;
  const run: Debian['run'] = (program, ...args) => runProcess(...enter(program, args));
  const at = (path: string) => join(folder, path);
  return {
    folder,
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
    async files() {
      const skipped = ['./proc', './dev', './var/lib/dpkg', './var/cache', './var/log', './tmp'];
      const listing = await mustRun('find', [
        ...[folder, '-mindepth', '1'],
        ...skipped.flatMap((path) => ['-path', join(folder, path), '-prune', '-o']),
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
