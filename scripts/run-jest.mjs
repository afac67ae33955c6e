// Runs jest for the package in the current folder, in a network namespace of its own where the
// machine allows it: kernel sets are real there, ports are free, and the live network is away.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const env = { ...process.env, PATH: pathWithTools(process.env.PATH ?? '') };

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const quiet = '--disable-warning';
const command = [
  process.execPath,
  '--experimental-vm-modules',
  // Node before 20.11 does not know the option, and would not start.
  ...(process.allowedNodeEnvironmentFlags.has(quiet) ? [`${quiet}=ExperimentalWarning`] : []),
  jest,
  '--passWithNoTests',
  // Jest names it after the uid, which is 0 in a namespace: another user could not write there.
  `--cacheDirectory=${join(tmpdir(), `vallum-jest-${process.getuid?.() ?? 0}`)}`,
  ...process.argv.slice(2),
];

/** Debian keeps ipset, nft, ip and mosquitto where the PATH of ordinary users does not look. */
function pathWithTools(path) {
  const known = path.split(delimiter).filter((folder) => folder !== '');
  const missing = ['/usr/sbin', '/sbin'].filter((folder) => !known.includes(folder));
  return [...known, ...missing].join(delimiter);
}

/** As root, or else as the root of a user namespace, which some kernels forbid. */
function namespacePrefix() {
  for (const flags of ['-n', '-Urn']) {
    const probe = spawnSync('unshare', [flags, 'ip', 'link', 'set', 'lo', 'up'], { env });
    if (probe.status === 0) {
      if (flags !== '-n') {
        // Uid 0 there is not the machine's: what root's own runs left under a name of uid 0 is closed.
        env.TMPDIR = mkdtempSync(join(tmpdir(), 'vallum-'));
        // iptables keeps its lock under /run, where only root of the machine may write.
        env.XTABLES_LOCKFILE = join(env.TMPDIR, 'xtables.lock');
      }
      return ['unshare', flags, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
    }
  }
  return [];
}

const prefix = namespacePrefix();
const [program, ...args] = [...prefix, ...command];
const result = spawnSync(program, args, {
  stdio: 'inherit',
  env: {
    // What is said to people is in local time, and tests quote it.
    TZ: 'UTC',
    ...env,
    VALLUM_TEST_NAMESPACE: prefix.length > 0 ? 'own' : 'host',
  },
});
if (env.TMPDIR !== process.env.TMPDIR) rmSync(env.TMPDIR, { recursive: true, force: true });
if (result.error) throw result.error;
process.exit(result.status ?? 1);
