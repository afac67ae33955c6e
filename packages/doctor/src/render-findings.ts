import { worstLevel, WORST_FIRST, type Finding, type Level } from './finding.js';

export interface FindingsStyle {
  /** Tells also what is in order, a finding each. Default false: as a count. */
  readonly verbose?: boolean;
  /** Default false. */
  readonly colour?: boolean;
  /** Of the terminal: where lines are broken. Default: nowhere. */
  readonly columns?: number;
}

const COLOURS: Readonly<Record<Level, string>> = {
  critical: '1;31',
  warning: '1;33',
  unknown: '1;35',
  ok: '32',
};
const INDENT = ' '.repeat(10);
/** Narrower than this nothing is gained by breaking lines. */
const FEWEST_COLUMNS = 40;

/**
 * What needs a hand first, the remedy on a line of its own, so that it can be pasted, and a line that sums
 * up:
 *
 *     critical  rules blacklist: no rule refers to it, so that its bans do nothing
 *               → iptables -I INPUT …
 *     1 critical, 14 ok (-v lists them)
 */
export function renderFindings(findings: readonly Finding[], style: FindingsStyle = {}): string {
  const { verbose = false } = style;
  const shown = WORST_FIRST.filter((level) => verbose || level !== 'ok').flatMap((level) =>
    findings.filter((found) => found.level === level),
  );
  const lines = shown.flatMap((found) => renderFinding(found, style));
  return [...lines, summarise(findings, style)].join('\n') + '\n';
}

function renderFinding(found: Finding, style: FindingsStyle): string[] {
  const { level, check, subject, message, remedy } = found;
  const text = oneLine(`${check} ${subject}: ${message}`);
  const [first = '', ...more] = fold(text, (style.columns ?? 0) - INDENT.length);
  return [
    `${paint(level, level, style)}${' '.repeat(INDENT.length - level.length)}${first}`,
    ...more.map((line) => INDENT + line),
    // Not broken: whoever pastes it pastes one command.
    ...(remedy === undefined ? [] : [`${INDENT}→ ${oneLine(remedy)}`]),
  ];
}

/** `1 critical, 2 unknown (rules blacklist, subscribe blacklist/#), 14 ok (-v lists them)` */
function summarise(findings: readonly Finding[], style: FindingsStyle): string {
  const counts = WORST_FIRST.flatMap((level) => {
    const those = findings.filter((found) => found.level === level);
    if (those.length === 0) return [];
    const plural = level === 'warning' && those.length > 1 ? 's' : '';
    const count = paint(level, `${those.length.toString()} ${level}${plural}`, style);
    if (level === 'unknown') {
      const names = those.map(({ check, subject }) => oneLine(`${check} ${subject}`));
      return [`${count} (${names.join(', ')})`];
    }
    return [level === 'ok' && style.verbose !== true ? `${count} (-v lists them)` : count];
  });
  return counts.join(', ');
}

/** `{"level":"warning","findings":[…]}` */
export function renderFindingsJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ level: worstLevel(findings), findings }, null, 2)}\n`;
}

function paint(level: Level, text: string, { colour = false }: FindingsStyle): string {
  return colour ? `\u001b[${COLOURS[level]}m${text}\u001b[0m` : text;
}

/** Breaks at blanks; a word that is too long stays whole. */
function fold(text: string, width: number): string[] {
  if (width < FEWEST_COLUMNS - INDENT.length) return [text];
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) {
      lines[lines.length - 1] = `${last} ${word}`;
    } else lines.push(word);
  }
  return lines;
}

/** Names in rules and certificates are other people's: none of them drives the terminal. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
