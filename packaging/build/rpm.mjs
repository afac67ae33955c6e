// The same files as an .rpm, for Fedora, RHEL and openSUSE: npm run package -- --rpm, where rpmbuild is.
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const scripts = fileURLToPath(new URL('../rpm', import.meta.url));

/** Names of Debian and of rpm. */
const architectures = { amd64: 'x86_64', arm64: 'aarch64' };

const requires = {
  vallumd: ['nodejs >= 1:18', 'glibc >= 2.28', 'libstdc++ >= 8'],
  'vallum-pub': ['nodejs >= 1:18'],
};
const recommends = { vallumd: ['(ipset or nftables)'], 'vallum-pub': [] };

/** Which group may read the configuration, in which a password may stand. */
const groups = { vallumd: 'vallum', 'vallum-pub': 'vallum-pub' };

/**
 * @param {{ files: object[], control: Record<string, string> }} deb from `describeDeb`
 * @param {string} output folder
 * @returns {string} the name of the file
 */
export function writeRpm({ files, control, time, output }) {
  const name = control.Package;
  const target = architectures[control.Architecture];
  const work = mkdtempSync(join(tmpdir(), 'vallum-rpm-'));
  try {
    const kept = files.flatMap((file) => {
      const path = pathInRpm(file.path);
      return path === undefined ? [] : [{ ...file, path }];
    });
    const buildRoot = join(work, 'root');
    for (const { path, content, mode = 0o644, link } of kept) {
      const at = join(buildRoot, path);
      mkdirSync(dirname(at), { recursive: true });
      if (link !== undefined) symlinkSync(link, at);
      else {
        writeFileSync(at, content);
        chmodSync(at, mode);
      }
    }
    const spec = join(work, `${name}.spec`);
    writeFileSync(spec, renderSpec(control, kept));
    const defines = {
      _topdir: work,
      // What is installed is what was laid out: nothing is stripped, compressed or looked into.
      __spec_install_post: '%{nil}',
      _build_id_links: 'none',
      use_source_date_epoch_as_buildtime: '1',
      clamp_mtime_to_source_date_epoch: '1',
      _buildhost: 'reproducible',
      _dbpath: join(work, 'db'),
    };
    execFileSync(
      'rpmbuild',
      [
        ...[
          '-bb',
          '--noclean',
          '--quiet',
          '--nodeps',
          '--target',
          target,
          '--buildroot',
          buildRoot,
        ],
        ...Object.entries(defines).flatMap(([key, value]) => ['--define', `${key} ${value}`]),
        spec,
      ],
      {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, SOURCE_DATE_EPOCH: time.toString(), LC_ALL: 'C', TZ: 'UTC' },
      },
    );
    const folder = join(work, 'RPMS', target);
    const [made] = readdirSync(folder);
    copyFileSync(join(folder, made), join(output, made));
    return made;
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

/** Where distributions with rpm have it; undefined for what is Debian's own. */
function pathInRpm(path) {
  if (/^etc\/init\.d\/|^usr\/share\/lintian\/|\/changelog\.gz$/.test(path)) return undefined;
  return path
    .replace(/^lib\/systemd\//, 'usr/lib/systemd/')
    .replace(/^usr\/share\/zsh\/vendor-completions\//, 'usr/share/zsh/site-functions/');
}

function renderSpec(control, files) {
  const name = control.Package;
  const [summary, ...description] = control.Description.split('\n ');
  return [
    `Name: ${name}`,
    // A version that is not released yet comes before it: 0.4.0~rc1.
    `Version: ${control.Version.replaceAll('-', '~')}`,
    'Release: 1',
    `Summary: ${summary.charAt(0).toUpperCase()}${summary.slice(1)}`,
    'License: MIT',
    // What is bundled is named in /usr/share/doc/*/copyright; rpm would look for modules and find none.
    'AutoReqProv: no',
    ...requires[name].map((what) => `Requires: ${what}`),
    // Accounts are made before the files that belong to them.
    'Requires(pre): shadow-utils',
    ...recommends[name].map((what) => `Recommends: ${what}`),
    '',
    '%description',
    ...description,
    '',
    ...['pre', 'post', 'preun', 'postun'].flatMap((phase) => {
      const path = join(scripts, `${name}.${phase}`);
      return existsSync(path) ? [`%${phase}`, readFileSync(path, 'utf8')] : [];
    }),
    '%files',
    ...ownFolders(files, name).map((path) => `%dir %attr(0755,root,root) "/${path}"`),
    ...files.map((file) => describeFile(file, name)),
    '',
  ].join('\n');
}

/** Folders that go with the package; /etc/vallum and /usr/lib/vallum may be shared, and go with the last. */
function ownFolders(files, name) {
  const own = new RegExp(`^(etc|usr/lib)/vallum(/|$)|^usr/share/doc/${name}(/|$)`);
  const folders = new Set();
  for (const { path } of files) {
    for (let at = dirname(path); own.test(at); at = dirname(at)) folders.add(at);
  }
  return [...folders].sort();
}

function describeFile({ path, mode = 0o644, link, conffile }, name) {
  if (link !== undefined) return `%attr(-,root,root) "/${path}"`;
  const secret = (mode & 0o004) === 0;
  const attributes = `%attr(${mode.toString(8).padStart(4, '0')},root,${secret ? groups[name] : 'root'})`;
  return `${conffile ? '%config(noreplace) ' : ''}${attributes} "/${path}"`;
}
