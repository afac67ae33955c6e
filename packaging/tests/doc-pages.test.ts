import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { mustRun, suiteNeeding, temporaryFolder } from '@vallum/test-kit';
import { deb, packageNames } from './prepared.js';

/** As pages are linked to: letters and digits in lower case, a dash for each blank. */
function anchors(text: string): Set<string> {
  const headings = text.replace(/^```[^]*?^```/gm, '').matchAll(/^#+ (.*)$/gm);
  return new Set(
    [...headings].map(([, title = '']) =>
      title
        .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
        .toLowerCase()
        .replace(/[^\p{L}\p{N} _-]/gu, '')
        .replaceAll(' ', '-'),
    ),
  );
}

suiteNeeding(['dpkg'], 'the pages under /usr/share/doc', () => {
  // Both packages in one root, as on a machine that has both.
  const root = temporaryFolder();
  let pages: string[] = [];

  beforeAll(async () => {
    for (const name of packageNames) await mustRun('dpkg-deb', ['-x', deb(name, 'amd64'), root]);
    pages = packageNames.flatMap((name) => {
      const folder = `/usr/share/doc/${name}`;
      return readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.md'))
        .map((path) => `${folder}/${path}`);
    });
  }, 60_000);

  it('are all that an administrator needs', () => {
    const names = ['install', 'operations', 'security', 'doctor', 'protocol', 'repair'];
    for (const name of [...names, 'guarantees', 'migrating', 'nftables', 'container', 'broker']) {
      expect(pages).toContain(`/usr/share/doc/vallumd/${name}.md`);
    }
    expect(pages).toContain('/usr/share/doc/vallum-pub/fail2ban.md');
    for (const name of packageNames) {
      expect(pages).toContain(`/usr/share/doc/${name}/reference/${name}.md`);
    }
  });

  it('lead to nothing that is not there', () => {
    const broken = pages.flatMap((page) => {
      const links = readFileSync(join(root, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g);
      return [...links].flatMap(([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return [];
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : path.startsWith('/') ? path : join(dirname(page), path);
        if (!existsSync(join(root, file))) return [`${page}: ${target}`];
        if (anchor === undefined) return [];
        const there = anchors(readFileSync(join(root, file), 'utf8')).has(anchor);
        return there ? [] : [`${page}: ${target}`];
      });
    });
    expect(broken).toEqual([]);
    expect(pages.length).toBeGreaterThan(10);
  });
});
