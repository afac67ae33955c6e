import { parseAddress } from '../address/parse.js';
import { failure, success, type Result } from '../words/result.js';
import {
  checkEntry,
  ENTRY_WORDS,
  isEntryWord,
  isPassedOver,
  type Entry,
  type EntryFault,
  type EntryFields,
  type EntryWord,
} from './entry.js';
import { escapeForDisplay } from '../words/escape.js';

// The longest sensible line, with 256 characters of reason, has some 750.
export const MAX_LINE_LENGTH = 2048;

const BLANK = /[ \t]/;
const WORD = /[ \t]*([^ \t"]+)/y;
// `"a \"quoted\" text"` or `3600`
const VALUE = /[ \t]+(?:"((?:[^"\\]|\\["\\])*)"|([^ \t"]+))(?=[ \t]|$)/y;
const INTEGER = /^-?\d{1,15}$/;
// A node's own stamps have fractions of a millisecond, to keep what it did in order.
const STAMP = /^\d{1,15}(?:\.\d{1,3})?$/;

/**
 * Reads one entry in the line form: `ADDRESS [timeout SECONDS] [until UNIX] [origin NAME]
 * [at STAMP] [reason "TEXT"]`, the words in any order, each once. Words that begin with `x-` are
 * passed over with their value. White space around it is nothing.
 */
export function parseEntryLine(line: string): Result<Entry, EntryFault> {
  const text = trimBlanks(line);
  if (text.length > MAX_LINE_LENGTH) {
    return failure('bad-entry', `an entry has at most ${String(MAX_LINE_LENGTH)} characters`);
  }
  const end = text.search(BLANK);
  const address = parseAddress(end < 0 ? text : text.slice(0, end));
  if (!address.ok) return failure('bad-address', address.detail);
  if (end < 0) return success({ address: address.value });
  const fields = parseWords(text, end);
  return fields.ok ? checkEntry(address.value, fields.value) : fields;
}

/** Takes away blanks, tabs and the `\r` of a CRLF, and nothing that only looks like them. */
export function trimBlanks(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d || code === 0x0a;
}

function parseWords(text: string, start: number): Result<EntryFields, 'bad-entry'> {
  const fields: EntryFields = {};
  let at = start;
  while (at < text.length) {
    const word = matchAt(WORD, text, at)?.[1];
    if (word === undefined) return failure('bad-entry', 'quotes belong behind the word reason');
    at = WORD.lastIndex;
    const known = isEntryWord(word);
    if (!known && !isPassedOver(word)) return unknownWord(word);
    if (known && fields[word] !== undefined) {
      return failure('bad-entry', `${word} is there twice`);
    }
    const value = matchAt(VALUE, text, at);
    if (value === null) return badValue(word, text.slice(at));
    at = VALUE.lastIndex;
    if (!known) continue;
    const [, quoted, bare = ''] = value;
    if ((quoted !== undefined) !== (word === 'reason')) return badQuotes(word);
    if (quoted !== undefined) fields[word] = quoted.replace(/\\(.)/g, '$1');
    else fields[word] = isNumber(word, bare) ? Number(bare) : bare;
  }
  return success(fields);
}

function isNumber(word: EntryWord, value: string): boolean {
  if (word === 'origin') return false;
  return (word === 'at' ? STAMP : INTEGER).test(value);
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function unknownWord(word: string): Result<never, 'bad-entry'> {
  const known = ENTRY_WORDS.join(', ');
  return failure(
    'bad-entry',
    `the word ${escapeForDisplay(word, 40)} is unknown: behind the address go ${known}; ` +
      'each address has a line of its own',
  );
}

function badValue(word: string, rest: string): Result<never, 'bad-entry'> {
  if (trimBlanks(rest) === '') return failure('bad-entry', `${word} has no value`);
  return failure(
    'bad-entry',
    `the value of ${word} is not closed or has stray quotes: inside quotes write \\" and \\\\`,
  );
}

function badQuotes(word: string): Result<never, 'bad-entry'> {
  return failure(
    'bad-entry',
    word === 'reason' ? 'the reason goes in double quotes' : `${word} goes without quotes`,
  );
}
