import { worstLevel, type Finding, type Level } from './finding.js';

const LEVELS = ['critical', 'warning', 'unknown', 'ok'] as const satisfies readonly Level[];

/**
 * A line a finding, its remedy behind an arrow, and a line that sums up:
 *
 *     ok        set blacklist: hash:net, IPv4, timeouts
 *     critical  rules blacklist: no rule refers to it → iptables -I INPUT …
 *     1 critical, 1 ok
 */
export function renderFindings(findings: readonly Finding[]): string {
  const lines = findings.map(({ level, check, subject, message, remedy }) =>
    oneLine(
      `${level.padEnd(8)}  ${check} ${subject}: ${message}` +
        (remedy === undefined ? '' : ` → ${remedy}`),
    ),
  );
  const counts = LEVELS.flatMap((level) => {
    const count = findings.filter((found) => found.level === level).length;
    return count === 0 ? [] : [`${count.toString()} ${level}`];
  });
  return [...lines, counts.join(', ')].join('\n') + '\n';
}

/** `{"level":"warning","findings":[…]}` */
export function renderFindingsJson(findings: readonly Finding[]): string {
  return `${JSON.stringify({ level: worstLevel(findings), findings }, null, 2)}\n`;
}

/** Names in rules and certificates are other people's: none of them drives the terminal. */
function oneLine(text: string): string {
  return text.replace(
    /[\p{C}\p{Zl}\p{Zp}]/gu,
    (character) => `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  );
}
