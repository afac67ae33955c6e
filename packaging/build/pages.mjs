// The pages of docs/ that an administrator needs, as they stand under /usr/share/doc.
import { readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { root } from './programs.mjs';

/** Paths below docs/. What both need is in both, since neither package needs the other. */
const forBoth = [
  'install.md',
  'broker.md',
  'security.md',
  'operations.md',
  'doctor.md',
  'repair.md',
  'protect.md',
  'protocol.md',
  'guarantees.md',
];
const shipped = {
  vallumd: [
    ...forBoth,
    'policies.md',
    'nftables.md',
    'migrating.md',
    'container.md',
    'monitoring.md',
    'reference/vallumd.md',
  ],
  'vallum-pub': [...forBoth, 'fail2ban.md', 'feeds.md', 'reference/vallum-pub.md'],
};

/** Files of the clone that pages link to, and where Debian has them. */
const installed = {
  'packaging/debian/vallumd/vallumd.service': '/lib/systemd/system/vallumd.service',
  'packaging/debian/vallumd/vallum-setup.service': '/lib/systemd/system/vallum-setup.service',
  'packaging/debian/vallumd/vallum-doctor.service': '/lib/systemd/system/vallum-doctor.service',
  'packaging/debian/vallum-pub/vallum-feed@.service': '/lib/systemd/system/vallum-feed@.service',
  'packaging/debian/vallum-pub/spamhaus-drop.yaml':
    '/usr/share/doc/vallum-pub/examples/spamhaus-drop.yaml',
  'packaging/monitoring': '/usr/share/doc/vallumd/examples/monitoring',
};

/** @returns {{ path: string, text: string }[]} paths below the package's own folder of documents */
export function docPages(name) {
  return shipped[name].map((path) => ({
    path,
    text: readFileSync(join(root, 'docs', path), 'utf8').replace(
      /\[([^\]]*)\]\(([^)\s]+)\)/g,
      (link, text, target) => {
        const resolved = resolve(name, path, target);
        return resolved === undefined ? text : `[${text}](${resolved})`;
      },
    ),
  }));
}

/** Where a link of a page leads once it is installed; undefined where nothing is there. */
function resolve(name, page, target) {
  if (/^(#|[a-z]+:)/.test(target)) return target;
  const [, path, anchor = ''] = /^([^#]*)(#.*)?$/.exec(target);
  const inClone = posix.join('docs', posix.dirname(page), path);
  if (installed[inClone] !== undefined) return installed[inClone];
  const inDocs = posix.relative('docs', inClone);
  if (shipped[name].includes(inDocs)) return target;
  const other = Object.keys(shipped).find((one) => shipped[one].includes(inDocs));
  return other === undefined ? undefined : `/usr/share/doc/${other}/${inDocs}${anchor}`;
}
