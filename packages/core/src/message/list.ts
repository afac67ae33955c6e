import { parseEntryLine, trimBlanks } from './entry-line.js';
import type { Rejection } from './command.js';
import type { Entry } from './entry.js';
import { escapeForDisplay } from '../words/escape.js';

/** One line of a list that holds more than blanks and comments; lines count from 1. */
export type ListLine = { readonly line: number } & (
  | { readonly ok: true; readonly entry: Entry }
  | { readonly ok: false; readonly rejection: Rejection }
);

/**
 * Reads a list file: one entry a line as in a message, blank lines, and comments from `#` or `;` to
 * the end of the line. A bad line costs that line only.
 *
 * @param lines the lines without their ends, such as `node:readline` gives, so that a list larger
 *   than memory can be read; or the whole text
 */
export function* readList(lines: string | Iterable<string>): Generator<ListLine> {
  let number = 0;
  for (const text of typeof lines === 'string' ? lines.split('\n') : lines) {
    number++;
    const line = readListLine(text, number);
    if (line !== undefined) yield line;
  }
}

/** @returns undefined where the line holds nothing but blanks and a comment */
export function readListLine(text: string, line: number): ListLine | undefined {
  // Editors on Windows put a byte order mark in front of the first line.
  const content = withoutComment(line === 1 ? text.replace(/^\ufeff/, '') : text);
  if (/^[ \t\r]*$/.test(content)) return undefined;
  const entry = parseEntryLine(content);
  if (entry.ok) return { line, ok: true, entry: entry.value };
  const place = `line ${String(line)}`;
  const input = escapeForDisplay(trimBlanks(content));
  return {
    line,
    ok: false,
    rejection: { code: entry.reason, place, input, detail: entry.detail },
  };
}

/** Cuts at the first `#` or `;` that stands at the start or behind a blank, outside of quotes. */
function withoutComment(text: string): string {
  if (!/[#;]/.test(text)) return text;
  let quoted = false;
  for (let index = 0; index < text.length; index++) {
    const character = text[index] ?? '';
    if (quoted && character === '\\') index++;
    else if (character === '"') quoted = !quoted;
    else if (!quoted && isCommentStart(text, index)) return text.slice(0, index);
  }
  return text;
}

function isCommentStart(text: string, index: number): boolean {
  return /[#;]/.test(text.charAt(index)) && (index === 0 || /[ \t]/.test(text.charAt(index - 1)));
}
