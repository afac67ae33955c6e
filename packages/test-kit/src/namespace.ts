import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { endWithFile } from './leftovers.js';
import {
  type Finished,
  type ProcessOptions,
  type RunningProcess,
  mustRun,
  runProcess,
  startProcess,
} from './process.js';

/** A network stack of its own: interfaces, kernel sets, rules, ports. Files are shared. */
export interface Namespace {
  readonly name: string;
  /** A process that lives in it, for `ip link … netns <pid>` and `nsenter -t <pid> -n`. */
  readonly pid: number;
  /** What to spawn so that the program runs inside. */
  command(program: string, args: readonly string[]): [string, string[]];
  start(
    program: string,
    args?: readonly string[],
    options?: ProcessOptions,
  ): Promise<RunningProcess>;
  run(program: string, args?: readonly string[], options?: ProcessOptions): Promise<Finished>;
  /** Runs a program that has to succeed, and returns its standard output. */
  exec(program: string, args?: readonly string[], options?: ProcessOptions): Promise<string>;
  remove(): Promise<void>;
}

/** The namespace in which the tests themselves run; `run-jest` made it. */
export const ownNamespace: Namespace = namespaceOf('own', process.pid, {
  command: (program, args) => [program, [...args]],
  remove: () => Promise.resolve(),
});

/**
 * Makes a namespace with its loopback up. A process holds it, not a name under /run/netns: so it
 * needs no root outside, tests cannot collide, and nothing stays behind when they are killed.
 *
 * @param name at most 10 letters and digits; interfaces towards it are called `to-<name>`
 */
export async function createNamespace(name: string): Promise<Namespace> {
  if (!/^[a-z0-9]{1,10}$/i.test(name)) {
    throw new Error(`namespace name ${JSON.stringify(name)}: 1 to 10 letters and digits`);
  }
  // The holder waits on a pipe from here, and so ends with the process that runs the tests.
  const holder = spawn('unshare', ['-n', 'sh', '-c', 'ip link set lo up && echo up && exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const pid = await new Promise<number>((resolve, reject) => {
    holder.once('error', reject);
    holder.once('exit', () => {
      reject(new Error(`namespace ${name}: unshare -n failed`));
    });
    holder.stdout.once('data', () => {
      resolve(holder.pid ?? 0);
    });
  });
  let gone = false;
  holder.once('exit', () => {
    gone = true;
  });
  const remove = async () => {
    forget();
    if (gone) return;
    holder.kill('SIGKILL');
    await once(holder, 'exit');
  };
  const forget = endWithFile(remove);
  return namespaceOf(name, pid, {
    command: (program, args) => ['nsenter', ['-t', String(pid), '-n', '--', program, ...args]],
    remove,
  });
}

/** Addresses with their prefix length, such as `10.7.0.1/24` or `fd00:7::1/64`. */
export interface LinkAddresses {
  readonly left: readonly string[];
  readonly right: readonly string[];
}

/**
 * Joins two namespaces with a cable (a veth pair), up and with addresses: the left one sees it as
 * `to-<right>`, the right one as `to-<left>`.
 */
export async function connectNamespaces(
  left: Namespace,
  right: Namespace,
  addresses: LinkAddresses,
): Promise<void> {
  const leftEnd = `to-${right.name}`;
  const rightEnd = `to-${left.name}`;
  await mustRun('ip', [
    ...['link', 'add', leftEnd, 'netns', String(left.pid), 'type', 'veth'],
    ...['peer', 'name', rightEnd, 'netns', String(right.pid)],
  ]);
  for (const [namespace, end, list] of [
    [left, leftEnd, addresses.left],
    [right, rightEnd, addresses.right],
  ] as const) {
    await namespace.exec('ip', ['link', 'set', end, 'up']);
    for (const address of list) {
      // Without duplicate detection an IPv6 address is usable at once, not a second later.
      const nodad = address.includes(':') ? ['nodad'] : [];
      await namespace.exec('ip', ['address', 'add', address, 'dev', end, ...nodad]);
    }
  }
}

function namespaceOf(
  name: string,
  pid: number,
  { command, remove }: Pick<Namespace, 'command' | 'remove'>,
): Namespace {
  return {
    name,
    pid,
    command,
    remove,
    start: (program, args = [], options = {}) => startProcess(...command(program, args), options),
    run: (program, args = [], options = {}) => runProcess(...command(program, args), options),
    exec: (program, args = [], options = {}) => mustRun(...command(program, args), options),
  };
}
