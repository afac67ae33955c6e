import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import {
  createNamespace,
  startProcess,
  temporaryFolder,
  waitFor,
  type Namespace,
  type RunningProcess,
} from '@vallum/test-kit';
import { root } from './pages.js';

/** A machine as the pages assume it, with folders of its own where they have something written. */
export interface PageWorld {
  readonly namespace: Namespace;
  /** Runs a block in root's shell, in a folder of its own; all that it printed. Ends at the first failure. */
  sh(script: string): Promise<string>;
  /** Its exit code, and all that it printed. */
  try(script: string): Promise<{ code: number | null; said: string }>;
  /** What does not end by itself. */
  start(script: string): Promise<RunningProcess>;
  until(script: string): Promise<void>;
  write(path: string, text: string, mode?: number): void;
}

/** Written to by the pages' commands; what the machine has there shows through. */
const ownFolders = ['/etc', '/var', '/run', '/root'];

const prepare = `
mount --make-rprivate /
for folder in ${ownFolders.join(' ')}; do
  mkdir -p "$0/upper$folder" "$0/work$folder"
  mount -t overlay overlay -o "lowerdir=$folder,upperdir=$0/upper$folder,workdir=$0/work$folder" "$folder"
done
rm -rf /etc/vallum /var/lib/vallum /run/vallum /etc/fail2ban/jail.local
mkdir -p /etc/vallum /root/desk
hostname "$1"
echo up
exec setpriv --pdeathsig KILL sleep infinity`;

/** The packages' commands as they are called once they are installed. */
const commands = {
  vallumd: 'packages/daemon/bin/vallumd.js',
  'vallum-pub': 'packages/publish-cli/bin/vallum-pub.js',
  'vallum-fail2ban-action': 'packages/fail2ban-action/bin/vallum-fail2ban-action.js',
};

/**
 * @param name of the machine
 * @param trusted path of the certificate of an authority that the machine trusts
 */
export async function createPageWorld(name: string, trusted: string): Promise<PageWorld> {
  const namespace = await createNamespace(name);
  const programs = temporaryFolder();
  const program = (file: string, text: string) => {
    writeFileSync(join(programs, file), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  };
  for (const [command, file] of Object.entries(commands)) {
    program(command, `exec '${process.execPath}' '${join(root, file)}' "$@"`);
  }
  program('sudo', 'exec "$@"');
  // e2e/docs.test.ts sees to it that the package is ours and has the command.
  program('npx', 'shift 2; exec "$@"');
  const [outer, args] = namespace.command('unshare', [
    ...['--mount', '--uts', 'sh', '-ec', prepare, temporaryFolder(), name],
  ]);
  // Each of them becomes the next: it is one process.
  const holder = await startProcess(outer, args);
  await holder.waitForOutput(/up/);
  const pid = String(holder.pid);
  const env = {
    PATH: `${programs}:${process.env['PATH'] ?? ''}`,
    HOME: '/root',
    VALLUMD_CONFIG: undefined,
    VALLUM_PUB_CONFIG: undefined,
    NODE_EXTRA_CA_CERTS: trusted,
    VALLUM_SPOOL: 'false',
  };
  const inside = (script: string) =>
    [
      'nsenter',
      [
        '-t',
        pid,
        '-m',
        '-n',
        '-u',
        '--',
        'bash',
        // Whose standard input is a socket takes itself for rsh's, and reads /etc/bash.bashrc.
        '--norc',
        '-euo',
        'pipefail',
        '-c',
        `cd /root/desk\n${script}`,
      ],
      { env },
    ] as const;
  const self: PageWorld = {
    namespace,
    async try(script) {
      const running = await startProcess(...inside(script));
      const { code } = await running.exited;
      return { code, said: running.output() };
    },
    async sh(script) {
      const { code, said } = await self.try(script);
      if (code !== 0) throw new Error(`${script}: exit code ${String(code)}\n${said}`);
      return said;
    },
    start: (script) => startProcess(...inside(`exec ${script.trim()}`)),
    until: async (script) => {
      await waitFor(async () => (await self.try(script)).code === 0, {
        ...{ timeoutMs: 20_000, intervalMs: 200, what: script },
      });
    },
    write(path, text, mode = 0o644) {
      const file = join('/proc', pid, 'root', path);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, text, { mode });
    },
  };
  return self;
}
