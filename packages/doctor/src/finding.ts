/** `unknown`: could not be looked at, so that nothing can be said of it. */
export type Level = 'ok' | 'warning' | 'critical' | 'unknown';

/** What one check says about one thing. */
export interface Finding {
  readonly level: Level;
  /** One word for programs: `rules`, `certificate`. */
  readonly check: string;
  /** What it is about: a set, a file, a broker. */
  readonly subject: string;
  /** One clause for people, without a full stop. */
  readonly message: string;
  /** What to paste, or to write into the configuration file. */
  readonly remedy?: string;
}

/** What monitoring plugins answer (Nagios, Icinga, Zabbix …). */
export const FINDINGS_EXIT = { ok: 0, warning: 1, critical: 2, unknown: 3 } as const;
export type FindingsExit = (typeof FINDINGS_EXIT)[Level];

// A warning outweighs what could not be looked at: it is certain.
export const WORST_FIRST = [
  'critical',
  'warning',
  'unknown',
  'ok',
] as const satisfies readonly Level[];

export function isLevel(value: unknown): value is Level {
  return (WORST_FIRST as readonly unknown[]).includes(value);
}

/** The worst level there is; `ok` of nothing. */
export function worstLevel(findings: readonly Pick<Finding, 'level'>[]): Level {
  return WORST_FIRST.find((level) => findings.some((found) => found.level === level)) ?? 'ok';
}

export function exitCodeOfFindings(findings: readonly Finding[]): FindingsExit {
  return FINDINGS_EXIT[worstLevel(findings)];
}

/** A finding without `remedy` where there is none to give. */
export function finding(
  level: Level,
  check: string,
  subject: string,
  message: string,
  remedy?: string,
): Finding {
  return { level, check, subject, message, ...(remedy === undefined ? {} : { remedy }) };
}
