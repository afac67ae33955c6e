import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  createNamespace,
  mustRun,
  temporaryFolder,
  waitFor,
  type Finished,
  type Namespace,
} from '@vallum/test-kit';
import { bootDebian, type Debian } from './debian.js';

/** A machine with a network, files and a systemd of its own, which can be switched off and on. */
export interface Machine {
  readonly name: string;
  /** Runs what a page says in root's shell, in /root. */
  run(script: string): Promise<Finished>;
  /** Runs what has to succeed, and returns all that it printed. */
  sh(script: string): Promise<string>;
  /** Waits until it succeeds. */
  until(script: string, seconds?: number): Promise<void>;
  write(path: string, text: string, mode?: number): void;
  read(path: string): string;
  /** The power fails and comes back: files stay, and nothing else. */
  restart(): Promise<void>;
}

/** Machines that reach each other, on a bridge in the namespace of the tests. */
export interface Lan {
  /** @param address such as 10.7.0.1 */
  startMachine(name: string, address: string): Promise<Machine>;
  /** Somebody with an address and nothing else. */
  attach(name: string, address: string): Promise<Namespace>;
  /**
   * Runs commands for the administrator's own machine, on this one: `ssh` and `scp` reach the machines
   * as root.
   */
  asAdministrator(script: string, folder: string): Promise<string>;
}

/** Stand in for the real ones, which need keys: the machine's name is a file with its process 1. */
const ssh = `#!/bin/sh
host=\${1#root@}; host=\${host%%.*}; shift
exec nsenter -t "$(cat "$MACHINES/$host")" -m -p -u -i -C -n --root --wd \\
  env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root sh -c "$*"
`;
const scp = `#!/bin/sh
for last; do :; done
to=\${last#root@*:}; host=\${last#root@}; host=\${host%%:*}; host=\${host%%.*}
while [ $# -gt 1 ]; do
  cp "$1" "/proc/$(cat "$MACHINES/$host")/root$to" || exit
  shift
done
`;

/**
 * @param below the tree whose copies the machines are
 * @param hosts lines of /etc/hosts
 */
export async function createLan(below: string, hosts: string): Promise<Lan> {
  const machines = temporaryFolder();
  const programs = temporaryFolder();
  writeFileSync(join(programs, 'ssh'), ssh, { mode: 0o755 });
  writeFileSync(join(programs, 'scp'), scp, { mode: 0o755 });
  await mustRun('ip', ['link', 'add', 'lan', 'type', 'bridge']);
  await mustRun('ip', ['link', 'set', 'lan', 'up']);

  const attach: Lan['attach'] = async (name, address) => {
    const network = await createNamespace(name);
    const end = `lan-${name}`;
    await mustRun('ip', [
      ...['link', 'add', end, 'type', 'veth'],
      ...['peer', 'name', 'eth0', 'netns', String(network.pid)],
    ]);
    await mustRun('ip', ['link', 'set', end, 'master', 'lan', 'up']);
    await network.exec('ip', ['link', 'set', 'eth0', 'up']);
    await network.exec('ip', ['address', 'add', `${address}/24`, 'dev', 'eth0']);
    return network;
  };

  return {
    attach,
    asAdministrator: (script, folder) =>
      mustRun('sh', ['-ec', script], {
        cwd: folder,
        env: { MACHINES: machines, PATH: `${programs}:${process.env['PATH'] ?? ''}` },
      }),
    async startMachine(name, address) {
      const layer = temporaryFolder();
      const folder = join(layer, 'root');
      for (const part of ['root', 'upper', 'work']) mkdirSync(join(layer, part));
      let network: Namespace;
      let debian: Debian;
      const boot = async () => {
        network = await attach(name, address);
        debian = await bootDebian({ folder, init: 'systemd', below, network });
        writeFileSync(join(machines, name), String(debian.pid));
        await waitFor(
          async () =>
            /running|degraded/.test((await debian.run('systemctl', 'is-system-running')).stdout),
          { timeoutMs: 120_000, intervalMs: 500, what: `systemd of ${name}` },
        );
      };
      mkdirSync(join(layer, 'upper/etc'), { mode: 0o755 });
      writeFileSync(join(layer, 'upper/etc/hostname'), `${name}\n`);
      writeFileSync(join(layer, 'upper/etc/hosts'), `127.0.0.1 localhost\n${hosts}`);
      await boot();
      const self: Machine = {
        name,
        run: (script) => debian.run('sh', '-c', `cd /root; ${script}`),
        sh: (script) => debian.exec('sh', '-c', `cd /root; ${script}`),
        until: async (script, seconds = 30) => {
          await waitFor(async () => (await self.run(script)).code === 0, {
            ...{ timeoutMs: seconds * 1000, intervalMs: 500, what: `${script} on ${name}` },
          }).catch(async (error: unknown) => {
            const { stdout } = await self.run('systemctl --failed; journalctl --no-pager -n 40');
            throw new Error(`what ${name} logged last:\n${stdout}`, { cause: error });
          });
        },
        write: (path, text, mode) => {
          debian.write(path, text, mode);
        },
        read: (path) => debian.read(path),
        async restart() {
          await debian.powerOff();
          await network.remove();
          await mustRun('ip', ['link', 'delete', `lan-${name}`]).catch(() => undefined);
          await boot();
        },
      };
      return self;
    },
  };
}
