import { escapeForDisplay, type MessageSummary, type OutcomeCount } from '@vallum/core';
import { groupDigits } from '@vallum/options';
import { fieldsOf, quoted } from './describe-report.js';
import type { LogEntry } from './log.js';
import { eventOf, isHeldBack, type Manner } from './manner.js';
import { remedyFor } from './remedies.js';

const SHOWN = 3;

/**
 * Tells what became of those entries of a large message that share an outcome:
 *
 *     blacklist/add: 64,980 of 65,000 entries banned in blacklist: 203.0.113.5, 203.0.113.6, 203.0.113.7 and 64,977 more
 *
 * @param manner as for `describeReport`
 */
export function describeSummary(
  { via, set, entries }: Omit<MessageSummary, 'outcomes'>,
  counted: OutcomeCount,
  manner: Manner = 'enforces',
): LogEntry {
  const { outcome, code, action, count, examples } = counted;
  const where = set ?? 'no set';
  const source = via === 'local' ? 'this program' : escapeForDisplay(via);
  return {
    level: levelOf(counted),
    event: 'summary',
    message:
      `${source}: ${groupDigits(count)} of ${groupDigits(entries)} entries ` +
      `${describeOutcome(counted, where, manner)}${describeExamples(counted)}`,
    fields: {
      ...{
        outcome: eventOf(outcome, manner, { code, action }),
        code,
        action,
        set,
        via,
        count,
        entries,
      },
      examples: examples.map(fieldsOf),
    },
  };
}

function levelOf({ outcome, code, examples: [first] }: OutcomeCount): LogEntry['level'] {
  if (isHeldBack(outcome, code)) return 'info';
  switch (outcome) {
    case 'repeated':
      return 'debug';
    case 'refused':
    case 'rejected':
      return 'warning';
    case 'failed':
      return first?.outcome === 'failed' && first.willRetry ? 'warning' : 'error';
    default:
      return 'info';
  }
}

const DONE: Readonly<Record<Manner, string>> = {
  enforces: '',
  remembers: 'noted as ',
  pretends: 'would be ',
};

function describeOutcome(
  { outcome, code, action, examples }: OutcomeCount,
  set: string,
  manner: Manner,
): string {
  const done = DONE[manner];
  const because = code === undefined ? '' : ` (${code})`;
  switch (outcome) {
    case 'banned':
      return `${done}banned in ${set}`;
    case 'unbanned':
      return `${done}unbanned in ${set}${because}`;
    case 'held':
      return `${done}kept in ${set}, since others still hold them`;
    case 'ended':
      return `not in ${set}: their time is over`;
    case 'overtaken':
      return `without effect in ${set}: younger messages about them had come before`;
    case 'repeated':
      return `known already in ${set}`;
    case 'published':
      return action === 'unban' ? 'published as unbans' : 'published as bans';
    case 'refused':
      if (code === 'observe') return `only observed in ${set}`;
      return isHeldBack(outcome, code)
        ? `held back in ${set}${because}`
        : `refused in ${set}${because}`;
    case 'rejected':
      return `rejected${because}`;
    case 'failed': {
      const [first] = examples;
      const kept = first?.outcome === 'failed' && first.willRetry;
      return (
        `failed to be ${action === 'unban' ? 'unbanned' : 'banned'} in ${set}${because}` +
        (kept ? ' and are applied as soon as possible' : '')
      );
    }
  }
}

/** `: 203.0.113.5, 203.0.113.6 and 64,978 more; the first because it is the gateway` */
function describeExamples({ count, examples }: OutcomeCount): string {
  const names = [...new Set(examples.map(nameOf))].slice(0, SHOWN);
  const [first] = examples;
  if (first === undefined) return '';
  const more = count - names.length;
  const rest = more > 0 ? ` and ${groupDigits(more)} more` : '';
  const why = 'detail' in first ? `; the first because ${first.detail}` : '';
  const remedy = remedyFor(first);
  return `: ${names.join(', ')}${rest}${why}${remedy === undefined ? '' : `; ${remedy}`}`;
}

/** What was not understood is found by its line, what was by its address. */
function nameOf(report: OutcomeCount['examples'][number]): string {
  if (report.outcome !== 'rejected') return report.address;
  return report.place === undefined
    ? quoted(report.input)
    : `${report.place} ${quoted(report.input)}`;
}
