/**
 * @typedef {object} Row
 * @property {string} what
 * @property {string} beside the alternative
 * @property {string} ratio `1.55×`, or `140× faster`
 * @property {string} [cpu] the same of processor time
 * @property {string} [target]
 */

const HEADINGS = { what: 'what', beside: 'beside', ratio: 'ratio', cpu: 'CPU', target: 'to reach' };

/** The rows as a Markdown table. @param {readonly Row[]} rows @returns {string} */
export function ratioTable(rows) {
  const columns = Object.keys(HEADINGS);
  const lines = [HEADINGS, ...rows].map((row) => columns.map((column) => row[column] ?? ''));
  const widths = columns.map((_column, at) => Math.max(...lines.map((line) => line[at].length)));
  const rendered = lines.map(
    (line) => `| ${line.map((cell, at) => cell.padEnd(widths[at])).join(' | ')} |`,
  );
  rendered.splice(1, 0, `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`);
  return `${rendered.join('\n')}\n`;
}

/** `1.55×`: so many times as long. @param {number} ratio */
export function times(ratio) {
  return `${ratio.toFixed(2)}×`;
}

/** `140× faster`, for the ratio of ours to theirs. @param {number} ratio */
export function timesFaster(ratio) {
  const factor = 1 / ratio;
  return `${factor >= 10 ? factor.toFixed(0) : factor.toFixed(1)}× faster`;
}
