// Writes a folder as a Debian package, the same bytes each time.
import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  lutimesSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * @param {{ path: string, content?: string | Buffer, mode?: number, link?: string, conffile?: boolean }[]} files
 * @param {Record<string, string>} control fields
 * @param {Record<string, string>} scripts postinst and the like
 */
export function writeDeb({ output, files, control, scripts, time }) {
  const folder = mkdtempSync(join(tmpdir(), 'vallum-deb-'));
  try {
    const sorted = [...files].sort((a, b) => (a.path < b.path ? -1 : 1));
    const folders = new Set(['']);
    for (const { path } of sorted) {
      for (let at = dirname(path); at !== '.'; at = dirname(at)) folders.add(at);
      mkdirSync(join(folder, dirname(path)), { recursive: true });
    }
    for (const { path, content, mode = 0o644, link } of sorted) {
      const target = join(folder, path);
      if (link !== undefined) symlinkSync(link, target);
      else {
        writeFileSync(target, content);
        chmodSync(target, mode);
      }
    }
    const plain = sorted.filter(({ link }) => link === undefined);
    const bytes = plain.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0);
    const conffiles = plain.filter(({ conffile }) => conffile).map(({ path }) => `/${path}\n`);
    const meta = {
      control: fields({ ...control, 'Installed-Size': Math.ceil(bytes / 1024).toString() }),
      md5sums: plain
        .filter(({ conffile }) => !conffile)
        .map(({ path, content }) => `${createHash('md5').update(content).digest('hex')}  ${path}\n`)
        .join(''),
      ...(conffiles.length > 0 ? { conffiles: conffiles.join('') } : {}),
      ...scripts,
    };
    mkdirSync(join(folder, 'DEBIAN'));
    for (const [name, text] of Object.entries(meta)) {
      writeFileSync(join(folder, 'DEBIAN', name), text);
      chmodSync(join(folder, 'DEBIAN', name), name in scripts ? 0o755 : 0o644);
    }
    const everything = [
      ...sorted.map(({ path }) => path),
      ...Object.keys(meta).map((name) => join('DEBIAN', name)),
      'DEBIAN',
      ...folders,
    ];
    for (const path of folders) chmodSync(join(folder, path), 0o755);
    chmodSync(join(folder, 'DEBIAN'), 0o755);
    for (const path of everything) lutimesSync(join(folder, path), time, time);
    execFileSync('dpkg-deb', ['--root-owner-group', '-Zxz', '-b', folder, output], {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, SOURCE_DATE_EPOCH: time.toString(), LC_ALL: 'C' },
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function fields(control) {
  const order = ['Package', 'Version', 'Architecture', 'Maintainer', 'Installed-Size'];
  const rest = Object.keys(control).filter((name) => !order.includes(name));
  return [...order, ...rest].map((name) => `${name}: ${control[name]}\n`).join('');
}
