// Runs jest for the package in the current folder, in a network namespace of its own where the
// machine allows it: kernel sets are real there, ports are free, and the live network is away.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const jest = fileURLToPath(new URL('../node_modules/jest/bin/jest.js', import.meta.url));
const command = [
  process.execPath,
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  jest,
  '--passWithNoTests',
  ...process.argv.slice(2),
];

function namespacePrefix() {
  for (const flags of ['-n', '-Urn']) {
    const probe = spawnSync('unshare', [flags, 'ip', 'link', 'set', 'lo', 'up']);
    if (probe.status === 0) {
      return ['unshare', flags, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
    }
  }
  return [];
}

const [program, ...args] = [...namespacePrefix(), ...command];
const isolated = program === 'unshare';
const result = spawnSync(program, args, {
  stdio: 'inherit',
  env: { ...process.env, VALLUM_TEST_NAMESPACE: isolated ? 'own' : 'host' },
});
process.exit(result.status ?? 1);
