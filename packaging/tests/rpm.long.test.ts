import { copyFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { mustRun, suiteNeeding } from '@vallum/test-kit';
import { unpackDebian, type Debian } from './debian.js';
import { packageNames, packageVersion, prepared } from './prepared.js';

const architectures = ['x86_64', 'aarch64'];
const all = packageNames.flatMap((name) => architectures.map((arch) => [name, arch] as const));

function rpm(name: string, architecture: string, build = 'debs'): string {
  const file = `${name}-${packageVersion.replaceAll('-', '~')}-1.${architecture}.rpm`;
  return join(prepared(build, 'packages'), file);
}

suiteNeeding(['dpkg', 'rpm'], 'the packages for rpm', () => {
  it.each(all)('%s for %s is the same bytes, whoever builds it', (name, architecture) => {
    const again = readFileSync(rpm(name, architecture, 'debs-again'));
    expect(readFileSync(rpm(name, architecture)).equals(again)).toBe(true);
  });

  it.each(all)('%s for %s has everything where rpm has it', async (name, architecture) => {
    const listing = await mustRun('rpm', ['-qplv', rpm(name, architecture)]);
    expect(listing).not.toMatch(/init\.d|lintian|vendor-completions| \/lib\//);
    for (const path of [
      `/etc/vallum/${name}.yaml`,
      `/usr/share/zsh/site-functions/_${name}`,
      `/usr/share/doc/${name}/copyright`,
      ...(name === 'vallumd'
        ? ['/usr/lib/systemd/system/vallumd.service', '/usr/share/man/man8/vallumd.8.gz']
        : ['/etc/fail2ban/action.d/vallumd.conf', '/usr/share/man/man1/vallum-pub.1.gz']),
    ]) {
      expect(listing).toMatch(new RegExp(` ${path}$`, 'm'));
    }
    const foreign = architecture === 'x86_64' ? 'arm64' : 'x64';
    expect(listing).not.toContain(`koffi-linux-${foreign}`);
    expect(await mustRun('rpm', ['-qp', '--requires', rpm(name, architecture)])).toContain(
      'nodejs >= 1:18',
    );
  });
});

suiteNeeding(
  ['dpkg', 'rpm', 'debootstrap', 'namespace'],
  'the packages for rpm, installed by rpm into a tree',
  () => {
    let debian: Debian;
    /** The tree knows no packages of rpm, so none of what they need. */
    const inTree = (...args: string[]) =>
      mustRun('rpm', ['--root', debian.folder, '--nodeps', ...args]);

    beforeAll(async () => {
      // With Node, and without vallumd.
      debian = await unpackDebian({ name: 'bookworm-to-trixie' });
      for (const name of packageNames) {
        copyFileSync(rpm(name, 'x86_64'), join(debian.folder, `tmp/${name}.rpm`));
      }
    }, 120_000);

    it('are installed, with users and what they may read', async () => {
      const said = await inTree('-i', ...packageNames.map((name) => rpm(name, 'x86_64')));
      expect(said).toContain('vallumd is not started: name a broker and topics');
      expect(await debian.exec('vallumd', '-V')).toBe(`vallumd-${packageVersion}\n`);
      expect(await debian.exec('vallum-pub', '--help')).toContain('vallum-pub add ADDRESS');
      for (const [path, owner] of [
        ['/etc/vallum/vallumd.yaml', 'root:vallum 640'],
        ['/etc/vallum/vallum-pub.yaml', 'root:vallum-pub 640'],
        ['/usr/lib/vallum/vallumd/dist/vallumd.js', 'root:root 755'],
      ] as const) {
        expect(await debian.exec('stat', '-c', '%U:%G %a', path)).toBe(`${owner}\n`);
      }
      expect(await debian.exec('getent', 'passwd', 'vallum')).toMatch(/:\/sbin\/nologin\n$/);
      expect(await inTree('-V', 'vallumd', 'vallum-pub')).toBe('');
    }, 60_000);

    it('keep an edited file over an upgrade, and go without a trace but users and that file', async () => {
      debian.write('/etc/vallum/vallumd.yaml', '# edited\n', 0o640);
      await debian.exec('vallum-pub', 'add', '192.0.2.7', '--set', 'a', '--dry-run');
      await inTree('-U', '--force', rpm('vallumd', 'x86_64'));
      expect(debian.read('/etc/vallum/vallumd.yaml')).toBe('# edited\n');
      await inTree('-e', ...packageNames);
      expect((await debian.run('vallumd', '-V')).code).toBe(127);
      for (const path of [
        '/usr/lib/vallum',
        '/usr/share/doc/vallumd',
        '/usr/share/doc/vallum-pub',
      ]) {
        expect([path, (await debian.run('test', '-e', path)).code]).toEqual([path, 1]);
      }
      expect(debian.read('/etc/vallum/vallumd.yaml.rpmsave')).toBe('# edited\n');
    }, 60_000);
  },
);
