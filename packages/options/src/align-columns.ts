/**
 * Rows in columns as wide as they have to be, two blanks between them. What goes on alone to the end of a shorter row
 * does not push the other columns away.
 *
 * @param isToRight of a column, such as one of numbers. Default: none
 * @returns one line a row, without blanks at its end
 */
export function alignColumns(
  rows: readonly (readonly string[])[],
  isToRight: (column: number) => boolean = () => false,
): string[] {
  const columns = rows.reduce((most, { length }) => Math.max(most, length), 0);
  const toRight = Array.from({ length: columns }, (_, column) => isToRight(column));
  const widths = new Array<number>(columns).fill(0);
  for (const row of rows) {
    const last = row.length < columns ? row.length - 1 : columns;
    for (const [at, cell] of row.entries()) {
      if (at !== last) widths[at] = Math.max(widths[at] ?? 0, width(cell));
    }
  }
  return rows.map((row) =>
    row
      .map((cell, at) => pad(cell, widths[at] ?? 0, toRight[at] === true))
      .join('  ')
      .trimEnd(),
  );
}

function pad(cell: string, size: number, isToRight: boolean): string {
  const blanks = ' '.repeat(Math.max(0, size - width(cell)));
  return isToRight ? blanks + cell : cell + blanks;
}

/** Columns of a terminal, as far as one a character goes. */
function width(text: string): number {
  return Array.from(text).length;
}
