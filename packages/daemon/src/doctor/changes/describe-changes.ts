import { escapeForDisplay } from '@vallum/core';
import { renderFindings, type Finding, type FindingsStyle } from '@vallum/doctor';
import type { ComparedFindings, FindingChange } from './compare-findings.js';

const INDENT = 10;
const MOST_CHARACTERS = 200;

/**
 * What has changed, then what needs a hand now:
 *
 *     fw1: critical, was ok
 *     critical  rules blacklist (new)
 *     gone      certificate broker.example (was warning)
 *
 *     critical  rules blacklist: no rule refers to it, so that its bans do nothing
 *               → iptables -I INPUT …
 *     1 critical, 14 ok (-v lists them)
 */
export function describeChanges(
  host: string,
  { changes, was, is }: ComparedFindings,
  findings: readonly Finding[],
  style: FindingsStyle,
): string {
  const before = was === undefined ? 'for the first time' : `was ${was}`;
  const lines = [`${host}: ${is}, ${before}`, ...changes.map(describeChange)];
  return `${lines.join('\n')}\n\n${renderFindings(findings, style)}`;
}

function describeChange({ about, was, is, restless }: FindingChange): string {
  const before = was === undefined ? 'new' : `was ${was}`;
  const more = restless ? '; it changes often, and is told of again once it keeps still' : '';
  return `${is.padEnd(INDENT)}${escapeForDisplay(about, MOST_CHARACTERS)} (${before}${more})`;
}

/** The same for programs: `{"host","level","was","changes":[…],"findings":[…]}`; `was` null: nobody was told yet. */
export function describeChangesJson(
  host: string,
  { changes, was, is }: ComparedFindings,
  findings: readonly Finding[],
): string {
  const report = { host, level: is, was: was ?? null, changes, findings };
  return `${JSON.stringify(report, (_, value: unknown) => value ?? null, 2)}\n`;
}
