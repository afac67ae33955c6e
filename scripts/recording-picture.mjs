// Draws a recorded session as a terminal that types, in an SVG without scripts: GitHub shows it as an
// image. Where nothing moves, or is not to move, it shows the whole session; as `….svg#still` always, since
// a browser does not tell an image that somebody wants no motion.
import { terminalLines } from './terminal-lines.mjs';

const CELL = { width: 8.4, height: 20 };
const MARGIN = 18;
/** In seconds. */
const KEY = 0.025;
const PAUSE = { before: 0.5, reading: 1.5, end: 5, longest: 0.6 };

const STYLE = `
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328; }
    rect { fill: #f6f8fa; stroke: #d1d9e0; }
    .bold { font-weight: 600; }
    .dim { fill: #59636e; }
    .red { fill: #cf222e; }
    .green { fill: #1a7f37; }
    .yellow { fill: #9a6700; }`;

/**
 * @param {{ columns: number, steps: { machine: string, command: string, output: string, seconds: number }[] }} recording
 * @returns {string} a light picture
 */
export function recordingPicture({ columns, steps }) {
  let now = PAUSE.before;
  let row = 0;
  const shown = [];
  for (const [index, { machine, command, output, seconds }] of steps.entries()) {
    const prompt = `${machine}# `;
    const typed = command.length * KEY;
    shown.push(
      // The first prompt is there from the start.
      {
        at: index === 0 ? 0 : now,
        texts: drawText(0, row, prompt, machine === 'attacker' ? 'red' : 'green'),
      },
      {
        ...{ at: now + PAUSE.before, typing: typed, keys: command.length },
        texts: drawText(prompt.length, row, command, 'bold'),
      },
    );
    now += PAUSE.before + typed + Math.min(seconds, PAUSE.longest);
    row += 1;
    const lines = terminalLines(output, columns);
    const texts = lines.flatMap((pieces, line) =>
      pieces.map(({ column, text, style }) => drawText(column, row + line, text, style)),
    );
    shown.push({ at: now, texts: texts.join('\n    ') });
    now += PAUSE.reading;
    row += lines.length + 1;
  }
  const end = now - PAUSE.reading + PAUSE.end;
  const width = Math.ceil(columns * CELL.width + 2 * MARGIN);
  const height = (row - 1) * CELL.height + 2 * MARGIN;
  const rules = shown.map((one, index) => animation(one, index, end)).join('');
  const groups = shown.map(({ texts }, index) => `  <g class="s${index}">\n    ${texts}\n  </g>\n`);
  return `<svg id="still" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="title">
  <title id="title">A terminal: ${escapeXml(steps.map(({ command }) => command).join('; '))}</title>
  <style>${STYLE}
    @media (prefers-reduced-motion: no-preference) {${rules}
      svg:target g { animation: none; }
    }
  </style>
  <rect x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="10"/>
${groups.join('')}</svg>
`;
}

/** Hidden, or cut off, until its time; and again from the start. */
function animation({ at, typing, keys }, index, end) {
  if (at === 0) return '';
  const percent = (seconds) => `${((100 * seconds) / end).toFixed(2)}%`;
  const frames =
    typing === undefined
      ? `0% { visibility: hidden; } ${percent(at)} { visibility: visible; }`
      : `0%, ${percent(at)} { clip-path: inset(0 100% 0 0); animation-timing-function: steps(${keys}); } ` +
        `${percent(at + typing)}, to { clip-path: inset(0); }`;
  return `
      @keyframes k${index} { ${frames} }
      .s${index} { animation: k${index} ${end.toFixed(2)}s step-end infinite; }`;
}

/** As wide as its columns, whatever font is there. */
function drawText(column, row, text, style) {
  const x = round(MARGIN + column * CELL.width);
  const y = MARGIN + row * CELL.height + 15;
  const named = style === '' ? '' : ` class="${style}"`;
  const shown = escapeXml(text);
  return `<text x="${x}" y="${y}" textLength="${round(text.trimEnd().length * CELL.width)}"${named}>${shown}</text>`;
}

function round(number) {
  return Number(number.toFixed(1));
}

function escapeXml(text) {
  return text.replace(/[&<>]/g, (one) => ({ '&': '&amp;', '<': '&lt;', '>': '&gt;' })[one]);
}
