import { join } from 'node:path';
import { readFileSync } from 'node:fs';
import { beforeAll, expect, it } from '@jest/globals';
import { mustRun, runProcess, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { deb, packageNames, packageVersion, prepared } from './prepared.js';

suiteNeeding(['dpkg', 'debootstrap', 'qemu-user'], 'the packages for arm64, under qemu', () => {
  const tree = temporaryFolder();
  /** Node of Debian 12 for arm64, whose files are looked for in the tree first. */
  const node = (...args: string[]) =>
    runProcess('qemu-aarch64-static', ['-L', tree, join(tree, 'usr/bin/node'), ...args]);

  beforeAll(async () => {
    const archive = readFileSync(prepared('tree-bookworm-arm64'), 'utf8');
    await mustRun('tar', ['-C', tree, '-xf', archive]);
    for (const name of packageNames) await mustRun('dpkg-deb', ['-x', deb(name, 'arm64'), tree]);
  }, 60_000);

  it('run', async () => {
    const daemon = await node(join(tree, 'usr/lib/vallum/vallumd/dist/vallumd.js'), '-V');
    expect([daemon.stderr, daemon.stdout]).toEqual(['', `vallumd-${packageVersion}\n`]);
    const publisher = await node(
      join(tree, 'usr/lib/vallum/vallum-pub/bin/vallum-pub.js'),
      ...['add', '192.0.2.7', '--set', 'a', '--dry-run'],
    );
    expect([publisher.code, publisher.stdout]).toEqual([0, expect.stringContaining('192.0.2.7')]);
  }, 60_000);

  it('load their native code', async () => {
    const native = join(
      tree,
      'usr/lib/vallum/vallumd/node_modules/@koromix/koffi-linux-arm64/index.js',
    );
    const { stdout, stderr } = await node(
      '-e',
      `console.log(process.arch, typeof require(${JSON.stringify(native)}).load)`,
    );
    expect([stdout, stderr]).toEqual(['arm64 function\n', '']);
  }, 60_000);
});
