import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import { isRootOfMachine } from '../src/needs.js';
import { runProcess } from '../src/process.js';
import { suiteNeeding } from '../src/suite.js';
import { makeProbePackage } from './probe-package.js';

describe('root of the machine', () => {
  it.each([
    ['root', 0, '         0          0 4294967295\n', true],
    ['an ordinary user', 1000, '         0          0 4294967295\n', false],
    ['uid 0 of a user namespace', 0, '         0       1000          1\n', false],
    ['root of a container whose users are mapped', 0, '         0     100000      65536\n', false],
    ['uid 0 of a namespace that root made', 0, '         0          0          1\n', false],
    ['a system without /proc', 0, '', false],
    ['a system without uids', undefined, '         0          0 4294967295\n', false],
  ])('is not taken for anybody else: %s', (_who, uid, uidMap, expected) => {
    expect(isRootOfMachine({ uid, uidMap })).toBe(expected);
  });
});

const runJest = fileURLToPath(new URL('../../../scripts/run-jest.mjs', import.meta.url));

suiteNeeding(['namespace', 'ipset', 'nft', 'iptables'], 'npm test of an ordinary user', () => {
  it('finds the tools that Debian hides from it, edits sets, and skips what takes root', async () => {
    const tests = [['ipset'], ['nft', 'iptables'], ['iproute'], ['root'], ['debootstrap']].map(
      (needs) =>
        `suiteNeeding(${JSON.stringify(needs)}, '${needs.join()}', () => it('is there', () => expect(1).toBe(1)));`,
    );
    const folder = makeProbePackage(tests.join('\n'));
    const { code, stderr } = await runProcess(
      // Nobody, without capabilities: what such a process asks for, the kernel judges as for any user.
      'unshare',
      [
        ...['--user', '--map-user=65534', '--map-group=65534'],
        ...[process.execPath, runJest, '--verbose', '--rootDir', folder],
      ],
      {
        cwd: folder,
        env: {
          // What Debian gives those who are not root.
          PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/games:/usr/games',
          TMPDIR: folder,
          CI: 'true',
          ...{ VALLUM_REQUIRE_ALL: '', VALLUM_SKIP_LOG: '', VALLUM_TEST_NAMESPACE: undefined },
        },
      },
    );
    expect([stderr, code]).toEqual([expect.stringContaining('2 skipped, 3 passed'), 0]);
    expect(stderr).toContain('root [skipped: needs root of the machine itself]');
    expect(stderr).toMatch(/debootstrap \[skipped: (needs root|debootstrap is not installed)/);
  }, 60_000);
});
