import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));

export function readPage(page: string): string {
  return readFileSync(join(root, page), 'utf8');
}

/** Pages that show commands to be typed, decisions and references left aside. */
export const guides = [
  'README.md',
  ...readdirSync(join(root, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name}`),
  ...readdirSync(join(root, 'packages'))
    .map((name) => `packages/${name}/README.md`)
    .filter((page) => existsSync(join(root, page))),
];

/** The fenced blocks of a language, also those within lists, without the list's indentation. */
export function fences(page: string, language: string): string[] {
  const fence = new RegExp('^( *)```' + language + '\\n(.*?)^ *```$', 'gms');
  return [...readPage(page).matchAll(fence)].map(([, indent = '', text = '']) =>
    text.replace(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** What a page has somebody type, block by block: shell, and what stands behind a prompt. */
export function typedBlocks(page: string): string[] {
  const typed = fences(page, 'console').map((block) =>
    [...block.matchAll(/^[#$] (.*)$/gm)].map(([, line = '']) => `${line}\n`).join(''),
  );
  return [...fences(page, 'sh'), ...typed];
}

const programs =
  'vallumd|vallum-pub|systemctl|systemd-analyze|journalctl|ipset|ip6?tables|nft|fail2ban-client|' +
  'mosquitto_\\w+|rabbitmqctl|chgrp|chmod|chown|hostname|command|npm|npx|apt|docker';

/** Commands with an argument that stand in a page's running text, each once. */
export function asides(page: string): string[] {
  const running = readPage(page).replace(/^ *```.*?^ *```$/gms, '');
  const spans = [...running.matchAll(/`([^`]+)`/g)].map(([, span = '']) =>
    span.replace(/\s+/g, ' '),
  );
  return [...new Set(spans.filter((span) => new RegExp(`^(sudo )?(${programs}) \\S`).test(span)))];
}
