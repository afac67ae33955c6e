import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, expect, it } from '@jest/globals';
import { suiteNeeding } from '@vallum/test-kit';
import { packageNames, unpack, type PackageName } from './prepared.js';

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

/** Pages that are all about both programs, so that they may name a page that comes with the other. */
const aboutBoth = /\/(install|operations|doctor|guarantees|migrating)\.md$/;

suiteNeeding(['dpkg'], 'the pages under /usr/share/doc', () => {
  // A machine that has one package has only its pages.
  const roots = new Map<PackageName, string>();
  let pages: { readonly name: PackageName; readonly page: string }[] = [];

  const inRoot = (name: PackageName, path: string) => join(roots.get(name) ?? '', path);

  beforeAll(async () => {
    for (const name of packageNames) roots.set(name, await unpack(name, 'amd64'));
    pages = packageNames.flatMap((name) => {
      const folder = `/usr/share/doc/${name}`;
      return readdirSync(inRoot(name, folder), { recursive: true, encoding: 'utf8' })
        .filter((path) => path.endsWith('.md'))
        .map((path) => ({ name, page: `${folder}/${path}` }));
    });
  }, 60_000);

  it('are all that an administrator needs', () => {
    const paths = pages.map(({ page }) => page);
    const both = [
      ...['install', 'broker', 'security', 'operations', 'doctor', 'repair', 'protect', 'protocol'],
      'guarantees',
    ];
    const ofVallumd = ['policies', 'nftables', 'migrating', 'container', 'monitoring'];
    const wanted = {
      vallumd: [...both, ...ofVallumd, 'reference/vallumd'],
      'vallum-pub': [...both, 'fail2ban', 'feeds', 'reference/vallum-pub'],
    };
    for (const name of packageNames) {
      for (const page of wanted[name]) expect(paths).toContain(`/usr/share/doc/${name}/${page}.md`);
    }
  });

  it('lead to nothing that is not there, on a machine that has this package alone', () => {
    const broken = pages.flatMap(({ name, page }) => {
      const links = readFileSync(inRoot(name, page), 'utf8').matchAll(/\]\(([^)\s]+)\)/g);
      return [...links].flatMap(([, target = '']) => {
        if (/^[a-z]+:/.test(target)) return [];
        const [path = '', anchor] = target.split('#');
        const file = path === '' ? page : path.startsWith('/') ? path : join(dirname(page), path);
        const where = (aboutBoth.test(page) ? packageNames : [name])
          .map((one) => inRoot(one, file))
          .find((one) => existsSync(one));
        if (where === undefined) return [`${page}: ${target}`];
        if (anchor === undefined) return [];
        return anchors(readFileSync(where, 'utf8')).has(anchor) ? [] : [`${page}: ${target}`];
      });
    });
    expect(broken).toEqual([]);
    expect(pages.length).toBeGreaterThan(20);
  });
});
