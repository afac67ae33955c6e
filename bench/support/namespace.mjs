import { spawnSync } from 'node:child_process';

export const NO_NAMESPACE =
  'Benchmarks edit real kernel sets, each in a network namespace of its own, and this machine makes ' +
  'none: run as root, or allow user namespaces (sysctl kernel.unprivileged_userns_clone=1).';

/**
 * What to put in front of a command so that it has a network namespace with loopback to itself: as
 * root, or else as the root of a user namespace, which some kernels forbid.
 */
export function namespacePrefix() {
  for (const flags of ['-n', '-Urn']) {
    const { status } = spawnSync('unshare', [flags, 'ip', 'link', 'set', 'lo', 'up']);
    if (status === 0) {
      return ['unshare', flags, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
    }
  }
  return undefined;
}
