import type { Result } from '@vallum/core';
import { quote } from '@vallum/options';
import { readAddresses, readRange, type LineReader } from './list-lines.js';

/**
 * A reader of CSV, in which the address stands in one column, or the ends of a range in two. What
 * separates the fields is a comma, semicolon or tab, as the first line has it.
 *
 * @param column `2`, `network`, `1,2` or `start,end`: numbers count from 1, other words stand in the
 *   first line
 */
export function createCsvReader(column: string): Result<LineReader, 'bad-column'> {
  const names = column.split(',').map((name) => name.trim());
  if (names.length > 2 || names.some((name) => name === '' || name === '0')) {
    return bad(`--column is ${quote(column)}; it is a number from 1 on, a heading, or FIRST,LAST`);
  }
  const numbers = names.map((name) => (/^\d{1,4}$/.test(name) ? Number(name) - 1 : undefined));
  let separator: string | undefined;
  let indexes: readonly number[] | undefined;

  const read: LineReader = (line) => {
    if (line.trim() === '' || line.startsWith('#')) return { ok: true, value: [] };
    const isFirst = separator === undefined;
    separator ??= separatorOf(line);
    const fields = splitFields(line, separator);
    if (isFirst) {
      const heads = fields.map((field) => field.toLowerCase());
      indexes = names.map((name, at) => numbers[at] ?? heads.indexOf(name.toLowerCase()));
      const missing = names.find((_, at) => indexes?.[at] === -1);
      if (missing !== undefined) return bad(`there is no column ${quote(missing)} in it`);
      const isHeading = numbers.includes(undefined) || /^\D+$/.test(fields[indexes[0] ?? 0] ?? '');
      if (isHeading) return { ok: true, value: [] };
    }
    const [first = -1, last] = indexes ?? [];
    // The first line has been complained about: all others would only repeat it.
    const [from, to] = [fields[first], last === undefined ? undefined : fields[last]];
    if (from === undefined || (last !== undefined && to === undefined)) {
      return bad('it has too few columns');
    }
    return to === undefined ? readAddresses(from) : readRange(from, to);
  };
  return { ok: true, value: read };
}

function separatorOf(line: string): string {
  return /[,;\t]/.exec(line.replace(/"[^"]*"/g, ''))?.[0] ?? ',';
}

/** RFC 4180, of one line: `"a ""b""",c` is `a "b"` and `c`. */
function splitFields(line: string, separator: string): string[] {
  if (!line.includes('"')) return line.split(separator).map((field) => field.trim());
  const fields: string[] = [];
  let field = '';
  let quoted = false;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? '';
    if (character === '"') {
      if (quoted && line[at + 1] === '"') field += line[at++] ?? '';
      else quoted = !quoted;
    } else if (character === separator && !quoted) {
      fields.push(field.trim());
      field = '';
    } else {
      field += character;
    }
  }
  return [...fields, field.trim()];
}

function bad(detail: string): Result<never, 'bad-column'> {
  return { ok: false, reason: 'bad-column', detail };
}
