import { alignColumns, groupDigits } from '@vallum/options';

/** Wraps text in SGR codes (ECMA-48, 8.3.117) where colours are wanted. */
export type Paint = (style: 'red' | 'yellow' | 'green' | 'dim' | 'bold', text: string) => string;

const CODES = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };

/** Colours on a terminal, unless NO_COLOR says otherwise (https://no-color.org). */
export function painter(
  isTerminal: boolean,
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  if (!isTerminal || (env['NO_COLOR'] ?? '') !== '') return (_style, text) => text;
  return (style, text) => `\u001b[${CODES[style].toString()}m${text}\u001b[0m`;
}

/** Whatever stands in a cell came from somebody: nothing of it drives the terminal or breaks the line. */
export function plain(text: string): string {
  return text.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) =>
    Array.from(character, (one) => `\\u{${(one.codePointAt(0) ?? 0).toString(16)}}`).join(''),
  );
}

/**
 * Rows in columns as wide as they have to be, two blanks between them; numbers to the right.
 *
 * @param head undefined: none
 */
export function renderTable(
  head: readonly string[] | undefined,
  rows: readonly (readonly (string | number)[])[],
  paint: Paint = (_style, text) => text,
): string {
  const texts = rows.map((row) =>
    row.map((cell) => (typeof cell === 'number' ? groupDigits(cell) : plain(cell))),
  );
  const all = head === undefined ? texts : [head, ...texts];
  const isNumber = (at: number) => rows.some((row) => typeof row[at] === 'number');
  const [first = '', ...others] = alignColumns(all, isNumber);
  const lines = head === undefined ? [first, ...others] : [paint('dim', first), ...others];
  return all.length === 0 ? '' : lines.map((line) => `${line}\n`).join('');
}
