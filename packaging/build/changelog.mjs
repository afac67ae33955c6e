// debian/changelog from CHANGELOG.md, so that changes are written down once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './programs.mjs';

export const maintainer = 'Vallum developers <vallum@localhost>';

/** @param now Unix seconds: the time of versions that are not released yet */
export function debianChangelog(name, now) {
  const text = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  // ## [0.3.0] - 2026-11-23
  const versions = text.split(/^## \[/m).slice(1);
  return versions
    .map((section) => {
      const [, version, day] = /^([^\]]+)\] - (\S+)/.exec(section) ?? [];
      const body = section.slice(section.indexOf('\n') + 1).trim();
      const date = /^\d{4}-/.test(day) ? new Date(`${day}T00:00:00Z`) : new Date(now * 1000);
      const lines = body
        .split('\n')
        .map((line) => line.replace(/^### (.*)/, '* $1:').replace(/\[([^\]]*)\]\([^)]*\)/g, '$1'))
        .map((line) => (line === '' || line.startsWith('* ') ? `  ${line}` : `    ${line}`).trimEnd());
      return `${name} (${version}) stable; urgency=medium\n\n${lines.join('\n')}\n\n -- ${maintainer}  ${rfc5322(date)}\n`;
    })
    .join('\n');
}

/** Mon, 23 Nov 2026 13:00:00 +0000 */
function rfc5322(date) {
  return date.toUTCString().replace('GMT', '+0000');
}
