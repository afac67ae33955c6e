// Runs jest for the package in the current folder, in a network namespace of its own where the
// machine allows it: kernel sets are real there, ports are free, and the live network is away.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const quiet = '--disable-warning';
const command = [
  process.execPath,
  '--experimental-vm-modules',
  // Node before 20.11 does not know the option, and would not start.
  ...(process.allowedNodeEnvironmentFlags.has(quiet) ? [`${quiet}=ExperimentalWarning`] : []),
  jest,
  '--passWithNoTests',
  ...process.argv.slice(2),
];

/** As root, or else as the root of a user namespace, which some kernels forbid. */
function namespacePrefix() {
  for (const flags of ['-n', '-Urn']) {
    const probe = spawnSync('unshare', [flags, 'ip', 'link', 'set', 'lo', 'up']);
    if (probe.status === 0) {
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
    ...process.env,
    VALLUM_TEST_NAMESPACE: prefix.length > 0 ? 'own' : 'host',
  },
});
if (result.error) throw result.error;
process.exit(result.status ?? 1);
