// What a benchmark found, and how it is shown.
import { appendFileSync, readFileSync } from 'node:fs';

/**
 * One line of the table.
 *
 * @typedef {object} Row
 * @property {string} what
 * @property {number} ours seconds, or µs; see `unit`
 * @property {string} [against] the alternative's name; none: an absolute figure
 * @property {number} [alternative] in the same unit
 * @property {'s' | 'ms' | 'µs' | 'MB'} unit
 * @property {'times-faster' | 'share-of-speed' | 'times-the-time' | 'absolute'} reading
 *   times-faster, share-of-speed: alternative ÷ ours, more is better; times-the-time: ours ÷
 *   alternative, less is better; absolute: ours itself, less is better
 * @property {number} [goal]
 * @property {number} [aim]
 * @property {string} [note]
 */

const file = process.env.VALLUM_BENCH_RESULTS;

/**
 * Hands a line to `npm run bench`, or shows it where a benchmark runs by itself.
 *
 * @param {Row} row
 */
export function report(row) {
  if (file === undefined) console.log(renderTable([row]));
  else appendFileSync(file, `${JSON.stringify(row)}\n`);
}

/** Tells how far it is, on standard error. */
export function progress(text) {
  process.stderr.write(`  ${text}\n`);
}

/** @returns {Row[]} */
export function readRows(path) {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

/** @param {Row} row */
export function ratioOf({ ours, alternative, reading }) {
  if (reading === 'absolute') return ours;
  return reading === 'times-the-time' ? ours / alternative : alternative / ours;
}

/** `aim`, `goal`, `no`, or nothing where no figure was set. @param {Row} row */
export function reached(row) {
  const { goal, aim, reading } = row;
  const ratio = ratioOf(row);
  const lessIsBetter = reading === 'times-the-time' || reading === 'absolute';
  const meets = (bound) => (lessIsBetter ? ratio <= bound : ratio >= bound);
  if (aim !== undefined && meets(aim)) return 'aim';
  if (goal !== undefined) return meets(goal) ? 'goal' : 'no';
  return '';
}

/** A table in Markdown. @param {readonly Row[]} rows */
export function renderTable(rows) {
  const head = ['what', 'ours', 'alternative', 'ratio', 'goal', 'aim', 'reached'];
  const lines = rows.map((row) => [
    row.note === undefined ? row.what : `${row.what} (${row.note})`,
    amount(row.ours, row.unit),
    row.against === undefined ? '' : `${row.against} ${amount(row.alternative, row.unit)}`,
    row.reading === 'absolute' ? '' : figure(row, ratioOf(row)),
    row.goal === undefined ? '' : figure(row, row.goal),
    row.aim === undefined ? '' : figure(row, row.aim),
    reached(row),
  ]);
  const widths = head.map((title, at) =>
    Math.max(title.length, ...lines.map((line) => line[at].length)),
  );
  const render = (cells) =>
    `| ${cells.map((cell, at) => (at === 0 || at === 6 ? cell.padEnd(widths[at]) : cell.padStart(widths[at]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, at) => (at === 0 || at === 6 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [render(head), rule, ...lines.map(render)].join('\n');
}

function figure({ reading, unit }, value) {
  return reading === 'absolute' ? amount(value, unit) : `${significant(value)}×`;
}

function amount(value, unit) {
  return `${significant(value)} ${unit}`;
}

function significant(value) {
  if (!Number.isFinite(value)) return '?';
  if (value >= 100) return Math.round(value).toLocaleString('en');
  return value.toFixed(value >= 10 ? 1 : 2);
}
