import { isBuiltin } from 'node:module';
import { readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';
import { mustRun, runProcess, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import {
  deb,
  packageNames,
  packageVersion,
  unpack,
  type Architecture,
  type PackageName,
} from './prepared.js';

const architectures: readonly Architecture[] = ['amd64', 'arm64'];
const all = packageNames.flatMap((name) => architectures.map((arch) => [name, arch] as const));

const LATE_IN_VALLUMD = ['aedes', 'mqtt', 'prom-client', 'yaml'];

/** `-rw-r----- root/root 704 … ./etc/vallum/vallumd.yaml` as path and the rest. */
async function contents(path: string): Promise<Map<string, string>> {
  const listing = await mustRun('dpkg-deb', ['-c', path]);
  return new Map(
    listing
      .trim()
      .split('\n')
      .map((line) => {
        const [, mode = '', owner = '', file = ''] =
          /^(\S+) (\S+) +\d+ \S+ \S+ \.\/(\S*)/.exec(line) ?? [];
        return [file, `${mode} ${owner}`];
      }),
  );
}

/** ELF header: the machine, at byte 18 (elf.h: EM_X86_64, EM_AARCH64). */
const MACHINES: Record<Architecture, number> = { amd64: 62, arm64: 183 };

suiteNeeding(['dpkg'], 'the Debian packages', () => {
  it.each(all)('%s for %s is the same bytes, whoever builds it', (name, arch) => {
    expect(readFileSync(deb(name, arch)).equals(readFileSync(deb(name, arch, 'debs-again')))).toBe(
      true,
    );
  });

  it.each(all)('%s for %s says what it is', async (name, arch) => {
    const field = async (key: string) =>
      (await mustRun('dpkg-deb', ['-f', deb(name, arch), key])).trim();
    expect(await field('Package')).toBe(name);
    expect(await field('Architecture')).toBe(arch);
    expect(await field('Depends')).toContain('nodejs (>= 18)');
    expect(await field('Version')).toBe(packageVersion);
  });

  it('are newer than the C vallumd', async () => {
    const { code } = await runProcess('dpkg', [
      '--compare-versions',
      packageVersion,
      'gt',
      '0.2.3',
    ]);
    expect(code).toBe(0);
  });

  it.each(all)('%s for %s belongs to root, and nobody else may write', async (name, arch) => {
    for (const [path, what] of await contents(deb(name, arch))) {
      expect(`${path}: ${what}`).toMatch(/: .(l?rwxrwxrwx|rw[x-]r-[x-]...) root\/root$/);
    }
  });

  it.each(architectures)('for %s have everything in its place', async (arch) => {
    const daemon = await contents(deb('vallumd', arch));
    const publisher = await contents(deb('vallum-pub', arch));
    for (const path of [
      'usr/sbin/vallumd',
      'lib/systemd/system/vallumd.service',
      'lib/systemd/system/vallum-setup.service',
      'lib/systemd/system/vallum-setup-again.service',
      'lib/systemd/system/vallum-doctor.service',
      'lib/systemd/system/vallum-doctor.timer',
      'usr/share/doc/vallumd/examples/monitoring/vallum.rules.yml',
      'usr/share/doc/vallumd/examples/monitoring/grafana/dashboards/vallum.json',
      'etc/init.d/vallumd',
      'usr/share/man/man8/vallumd.8.gz',
      'usr/share/man/man5/vallumd.yaml.5.gz',
      'usr/share/bash-completion/completions/vallumd',
      'usr/share/zsh/vendor-completions/_vallumd',
      'usr/share/fish/vendor_completions.d/vallumd.fish',
      'usr/share/doc/vallumd/copyright',
      'usr/share/doc/vallumd/changelog.gz',
    ]) {
      expect([...daemon.keys()]).toContain(path);
    }
    for (const path of [
      'usr/bin/vallum-pub',
      'etc/fail2ban/action.d/vallumd.conf',
      ...['service', 'path', 'timer'].map((kind) => `lib/systemd/system/vallum-pub-flush.${kind}`),
      'lib/systemd/system/vallum-feed@.service',
      'lib/systemd/system/vallum-feed@.timer',
      'etc/vallum/feeds/README',
      'usr/share/doc/vallum-pub/examples/spamhaus-drop.yaml',
      'usr/share/man/man1/vallum-pub.1.gz',
      'usr/share/bash-completion/completions/vallum-pub',
      'usr/share/zsh/vendor-completions/_vallum-pub',
      'usr/share/fish/vendor_completions.d/vallum-pub.fish',
      'usr/share/doc/vallum-pub/copyright',
    ]) {
      expect([...publisher.keys()]).toContain(path);
    }
    expect(daemon.get('etc/vallum/vallumd.yaml')).toBe('-rw-r----- root/root');
    expect(publisher.get('etc/vallum/vallum-pub.yaml')).toBe('-rw-r----- root/root');
  });

  it.each(architectures)('for %s hold native code of that architecture only', async (arch) => {
    const folder = await unpack('vallumd', arch);
    const natives = readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.node'))
      .map((path) => ({ path, bytes: readFileSync(join(folder, path)) }));
    expect(natives.length).toBeGreaterThan(0);
    for (const { path, bytes } of natives) {
      expect([path, bytes.toString('latin1', 1, 4)]).toEqual([path, 'ELF']);
      expect([path, bytes.readUInt16LE(18)]).toEqual([path, MACHINES[arch]]);
    }
  });

  it.each(packageNames)(
    '%s holds no source that V8 keeps twice as large for one sign',
    async (name) => {
      const folder = await unpack(name, 'amd64');
      const sources = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
        /^usr\/lib\/vallum\/.*\.c?js$/.test(path),
      );
      expect(sources.length).toBeGreaterThan(0);
      const isWide = (path: string) =>
        /[\u0100-\uffff]/.test(readFileSync(join(folder, path), 'utf8'));
      expect(sources.filter(isWide)).toEqual([]);
    },
  );

  it('load neither TLS nor HTTP with vallumd, but where they are used', async () => {
    const program = join(
      await unpack('vallumd', 'amd64'),
      'usr/lib/vallum/vallumd/dist/vallumd.js',
    );
    const script = `
      process.argv = [process.execPath, 'vallumd', '--version'];
      process.on('exit', () => console.log(process.moduleLoadList.join('\\n')));
      import(${JSON.stringify(program)});
    `;
    const { stdout } = await runProcess(process.execPath, ['-e', script], {
      // Authorities of one's own are loaded with TLS at once.
      env: { NODE_EXTRA_CA_CERTS: '' },
    });
    const loaded = stdout.split('\n');
    expect(loaded).toContain('NativeModule net');
    for (const name of ['tls', 'http', 'https', 'http2']) {
      expect(loaded).not.toContain(`NativeModule ${name}`);
    }
  });

  it('import what vallumd loads late nowhere at its start', async () => {
    const folder = await unpack('vallumd', 'amd64');
    const program = readFileSync(join(folder, 'usr/lib/vallum/vallumd/dist/vallumd.js'), 'utf8');
    const imported = [...program.matchAll(/^import .*["']([^"'.][^"']*)["'];$/gm)];
    expect(imported.length).toBeGreaterThan(10);
    const packages = imported.flatMap(([, name = '']) => (isBuiltin(name) ? [] : [name]));
    expect(packages).toEqual([]);
    for (const name of LATE_IN_VALLUMD) expect(program).toContain(`import("${name}")`);
  });

  it.each([
    ['vallum-pub', 'bin', 'publish-cli', ['@vallum/core/mqtt', 'yaml', 'cli-progress']],
    ['vallumd', 'dist', 'daemon', LATE_IN_VALLUMD],
  ] as const)('bring the modules that %s loads late, with all their names', async (...program) => {
    const [name, folder, source, modules] = program;
    const script = `
      (async () => {
        const found = {};
        for (const name of ${JSON.stringify(modules)}) found[name] = Object.keys(await import(name));
        console.log(JSON.stringify(found));
      })();`;
    const seenFrom = (cwd: string) => mustRun(process.execPath, ['-e', script], { cwd });
    const home = join(await unpack(name, 'amd64'), 'usr/lib/vallum', name);
    const clone = fileURLToPath(new URL(`../../packages/${source}`, import.meta.url));
    expect(JSON.parse(await seenFrom(join(home, folder)))).toEqual(
      JSON.parse(await seenFrom(clone)),
    );
    expect(readdirSync(join(home, 'dist')).filter((path) => path.includes('.cache'))).toEqual([]);
  });

  it('name the licence of every package that is bundled', async () => {
    for (const name of packageNames) {
      const folder = await unpack(name, 'amd64');
      const text = readFileSync(join(folder, `usr/share/doc/${name}/copyright`), 'utf8');
      const home = join(folder, 'usr/lib/vallum', name);
      const code = readdirSync(home, { recursive: true, encoding: 'utf8' })
        .filter((path) => /\.c?js$/.test(path) && statSync(join(home, path)).isFile())
        .map((path) => readFileSync(join(home, path), 'utf8'));
      // esbuild writes above each module where it came from.
      const modules = code.join('\n').matchAll(/^ *\/\/ (node_modules\/(?:@[^/]+\/)?[^/]+)\//gm);
      const bundled = [...new Set([...modules].map(([, path = '']) => path))];
      expect(bundled.length).toBeGreaterThan(10);
      expect(bundled.filter((path) => !text.includes(`Files: ${path}/*`))).toEqual([]);
      expect(text).not.toMatch(/^License: *$/m);
    }
  });
});

suiteNeeding(['dpkg', 'lintian'], 'lintian', () => {
  it.each(all)(
    'has nothing against %s for %s',
    async (name, arch) => {
      const { code, stdout } = await runProcess('lintian', [
        ...['--fail-on', 'error,warning', '--tag-display-limit', '0'],
        ...(process.getuid?.() === 0 ? ['--allow-root'] : []),
        deb(name, arch),
      ]);
      expect([stdout, code]).toEqual(['', 0]);
    },
    60_000,
  );
});

suiteNeeding(['dpkg', 'mandoc'], 'the manual pages', () => {
  it('are faultless mdoc', async () => {
    for (const name of packageNames) {
      const manuals = join(await unpack(name, 'amd64'), 'usr/share/man');
      for (const path of readdirSync(manuals, { recursive: true, encoding: 'utf8' })) {
        if (!path.endsWith('.gz')) continue;
        const page = join(temporaryFolder(), path.replace(/^.*\/|\.gz$/g, ''));
        writeFileSync(page, gunzipSync(readFileSync(join(manuals, path))));
        const { stdout } = await runProcess('mandoc', ['-T', 'lint', page]);
        const faults = stdout
          .split('\n')
          // Our own pages are not installed here.
          .filter((line) => line !== '' && !line.includes('manual not found: Xr vallum'));
        expect(faults).toEqual([]);
      }
    }
  });
});

/** The unit as it is packaged, with a program that is there in place of ours. */
async function unpackUnits(name: PackageName, program: string, units: readonly string[]) {
  const folder = join(await unpack(name, 'amd64'), 'lib/systemd/system');
  return units.map((unit) => {
    const path = join(folder, unit);
    // An instance of a template is a file of its own here.
    const text = readFileSync(path.replace(/@[^.]+\./, '@.'), 'utf8');
    writeFileSync(path, text.replaceAll(program, '/bin/true'));
    return path;
  });
}

/** Without a locale the cross is a dash. */
async function exposureOf(unit: string) {
  const report = await mustRun('systemd-analyze', ['security', '--offline=true', unit]);
  const [, level = '10'] = /Overall exposure level for \S+: ([\d.]+)/.exec(report) ?? [];
  const kept = [...report.matchAll(/^[-✗] CapabilityBoundingSet=~(\S+)/gmu)];
  return { level: Number(level), capabilities: kept.map(([, capability]) => capability) };
}

async function verify(units: readonly string[]): Promise<void> {
  const { code, stderr } = await runProcess('systemd-analyze', ['verify', '--man=no', ...units]);
  expect(stderr.split('\n').filter((line) => line.includes('vallum'))).toEqual([]);
  expect(code).toBe(0);
}

suiteNeeding(['dpkg', 'systemd-analyze'], 'the unit', () => {
  const daemon = '/usr/sbin/vallumd';

  it('and those of setup and doctor are ones that systemd understands in full', async () => {
    const names = ['vallumd', 'vallum-setup', 'vallum-setup-again', 'vallum-doctor'];
    const units = names.map((name) => `${name}.service`);
    await verify(await unpackUnits('vallumd', daemon, [...units, 'vallum-doctor.timer']));
  });

  it('of a feed, and its timer, are ones too, and expose little', async () => {
    const names = ['vallum-feed@drop.service', 'vallum-feed@drop.timer'];
    const units = await unpackUnits('vallum-pub', '/usr/bin/vallum-pub', names);
    await verify(units);
    // As root, for the sake of the password's file, but without a capability.
    const { level, capabilities } = await exposureOf(units[0]!);
    expect(level).toBeLessThan(2);
    expect(capabilities).toEqual([]);
  });

  it('exposes little', async () => {
    const [unit] = await unpackUnits('vallumd', daemon, ['vallumd.service']);
    const { level, capabilities } = await exposureOf(unit!);
    expect(level).toBeLessThan(2);
    expect(capabilities).toEqual(['CAP_NET_ADMIN']);
  });

  it('of the doctor exposes hardly more, as root, which it has to be to see the rules', async () => {
    const [unit] = await unpackUnits('vallumd', daemon, ['vallum-doctor.service']);
    const { level, capabilities } = await exposureOf(unit!);
    expect(level).toBeLessThan(2.5);
    // CAP_DAC_READ_SEARCH, CAP_NET_ADMIN and CAP_NET_RAW, with their neighbours in this table.
    expect(capabilities).toEqual([
      'CAP_(DAC_*|FOWNER|IPC_OWNER)',
      'CAP_NET_ADMIN',
      'CAP_NET_(BIND_SERVICE|BROADCAST|RAW)',
    ]);
  });
});
