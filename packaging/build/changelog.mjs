// debian/changelog from CHANGELOG.md, so that changes are written down once.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './programs.mjs';

/** DEBFULLNAME and DEBEMAIL, as Debian's own tools take them, name whoever hands the packages on. */
const { DEBFULLNAME, DEBEMAIL } = process.env;
export const maintainer =
  `${DEBFULLNAME || 'Vallum maintainers'} ` + `<${DEBEMAIL || 'vallum@users.noreply.github.com'}>`;

const COLUMNS = 76;

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
      const lines = paragraphs(body).flatMap((text) =>
        text.startsWith('* ') ? wrap(text, '  ') : wrap(text, '    '),
      );
      return `${name} (${version}) stable; urgency=medium\n\n${lines.join('\n')}\n\n -- ${maintainer}  ${rfc5322(date)}\n`;
    })
    .join('\n');
}

/** Headings, list items and paragraphs, each in one line. */
function paragraphs(markdown) {
  return markdown
    .replace(/^### (.*)$/gm, '\n* $1:\n')
    .replace(/^- /gm, '\n- ')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .split(/\n\s*\n/)
    .map((text) => text.trim().replace(/\s+/g, ' '))
    .filter((text) => text !== '');
}

function wrap(text, indent) {
  const lines = [indent];
  for (const word of text.split(' ')) {
    const line = lines.at(-1);
    if (line.trim() !== '' && line.length + word.length + 1 > COLUMNS) {
      lines.push(`${text.startsWith('- ') ? `${indent}  ` : indent}${word}`);
    } else lines[lines.length - 1] = line.trim() === '' ? `${indent}${word}` : `${line} ${word}`;
  }
  return lines;
}

/** Mon, 23 Nov 2026 13:00:00 +0000 */
function rfc5322(date) {
  return date.toUTCString().replace('GMT', '+0000');
}
