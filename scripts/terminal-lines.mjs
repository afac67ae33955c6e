// What a terminal shows of what a program prints: lines of pieces, each with a style and a column.

/** SGR parameters (ECMA-48, 8.3.117) that the programs use. */
const STYLES = { 1: 'bold', 2: 'dim', 31: 'red', 32: 'green', 33: 'yellow' };

/**
 * @param {string} output with SGR escapes and `\r\n`; other escapes are not understood
 * @param {number} columns where lines are wrapped
 * @returns {{ column: number, text: string, style: string }[][]} pieces, cut where two blanks stand
 */
export function terminalLines(output, columns) {
  const lines = [];
  let style = '';
  for (const line of output.replace(/\r?\n$/, '').split(/\r?\n/)) {
    const cells = [];
    const [start, ...escapes] = line.split('\u001b[');
    const put = (text) => cells.push(...[...text].map((character) => ({ character, style })));
    put(start);
    for (const escape of escapes) {
      const [, parameter, text] = /^(\d*)m([^]*)$/.exec(escape) ?? fail(`CSI ${escape}`);
      style = ['', '0'].includes(parameter) ? '' : (STYLES[parameter] ?? fail(`SGR ${parameter}`));
      put(text);
    }
    do lines.push(pieces(cells.splice(0, columns)));
    while (cells.length > 0);
  }
  return lines;
}

function pieces(cells) {
  const found = [];
  let open;
  cells.forEach(({ character, style }, column) => {
    if (character < ' ') fail(JSON.stringify(character));
    if (open?.style !== style) open = undefined;
    const isLast = (cells[column + 1]?.character ?? ' ') === ' ';
    if (character === ' ' && (open === undefined || isLast)) {
      open = undefined;
      return;
    }
    if (open === undefined) found.push((open = { column, text: '', style }));
    open.text += character;
  });
  return found;
}

function fail(what) {
  throw new Error(`the recording cannot be drawn: ${what}`);
}
