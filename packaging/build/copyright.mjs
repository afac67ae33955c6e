// /usr/share/doc/*/copyright in the machine-readable form (DEP-5), from what is really bundled.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './programs.mjs';

/** @param {{ path: string, folder: string }[]} parts bundled packages, and how they are called here */
export function copyright(parts) {
  const ours = readFileSync(join(root, 'LICENSE'), 'utf8');
  const stanzas = [
    [
      'Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/',
      'Upstream-Name: Vallum',
      'Comment: The packages named after node_modules are bundled into the programs;',
      ' each stands here with its version and the licence that came with it.',
    ].join('\n'),
    stanza({ files: '*', licence: 'MIT', text: ours }),
    ...parts.map(describe),
  ];
  return `${stanzas.join('\n\n')}\n`;
}

function describe({ path, folder }) {
  const manifest = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const licence = typeof manifest.license === 'string' ? manifest.license : manifest.license?.type;
  const file = readdirSync(folder).find((name) => /^(licen[cs]e|copying)/i.test(name));
  if (licence === undefined) throw new Error(`${manifest.name} names no licence`);
  const author = typeof manifest.author === 'string' ? manifest.author : manifest.author?.name;
  const text = file === undefined ? undefined : readFileSync(join(folder, file), 'utf8');
  return stanza({
    files: `${path}/*`,
    licence: licence.replace(/[()]/g, '').replaceAll(' OR ', ' or ').replaceAll(' AND ', ' and '),
    text: text === undefined ? `The package says: ${licence}.` : withoutApache(text),
    holder: author ?? `the authors of ${manifest.name}`,
    comment: `${manifest.name} ${manifest.version}`,
  });
}

/** Debian has that licence at hand, and lintian wants it to be told where instead of told again. */
function withoutApache(text) {
  if (!/^\s*Apache License\s+Version 2\.0, January 2004/.test(text)) return text;
  const holders = text.split('\n').filter((line) => /^\s*Copyright (\(c\) )?\d{4}/i.test(line));
  return [
    ...holders,
    'Licensed under the Apache License, Version 2.0 (the "License"); you may not use these files',
    'except in compliance with the License. You may obtain a copy of the License at',
    'http://www.apache.org/licenses/LICENSE-2.0, and on Debian systems in',
    '/usr/share/common-licenses/Apache-2.0.',
  ].join('\n');
}

function stanza({ files, licence, text, holder, comment }) {
  const lines = text
    .replace(/\r/g, '')
    .split('\n')
    .map((line) => line.trim());
  const named = lines.filter((line) => /^(copyright\b|\(c\)|©)/i.test(line));
  return [
    `Files: ${files}`,
    `Copyright: ${(named.length > 0 ? named : [`Copyright ${holder}`]).join('\n           ')}`,
    `License: ${licence}`,
    ...lines
      .join('\n')
      .trim()
      .split('\n')
      .map((line) => (line === '' ? ' .' : ` ${line}`)),
    ...(comment === undefined ? [] : [`Comment: ${comment}`]),
  ].join('\n');
}
