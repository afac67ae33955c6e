import { describeTimeQuickly } from '@vallum/core/protocol';
import type { PublishRequest } from './request.js';

/** `, until 2026-11-26 08:00:05 +01:00`: how long what was sent lasts, as far as the command line says. */
export function describeEnd({
  action,
  terms,
  list,
  isListWithEnds = false,
}: Pick<PublishRequest, 'action' | 'terms' | 'list' | 'isListWithEnds'>): string {
  if (action === 'unban') return '';
  if (isListWithEnds) return ', each with its own end';
  const { until, timeoutSeconds } = terms;
  const isMixed = list !== undefined;
  if (until === undefined && timeoutSeconds === undefined) {
    return isMixed
      ? ", where the list names no end for as long as each set's own timeout says (for ever where it has none)"
      : ", for as long as each set's own timeout says (for ever where it has none)";
  }
  return `, ${describeSpan(until, timeoutSeconds)}${isMixed ? ' unless the list says otherwise' : ''}`;
}

function describeSpan(
  until: PublishRequest['terms']['until'],
  timeoutSeconds: PublishRequest['terms']['timeoutSeconds'],
): string {
  if (typeof until === 'number') return `until ${describeTimeQuickly(until)}`;
  return typeof timeoutSeconds === 'number' ? `for ${describeLength(timeoutSeconds)}` : 'for ever';
}

const UNITS = [
  [86_400, 'd'],
  [3600, 'h'],
  [60, 'm'],
  [1, 's'],
] as const;

/** As `--timeout` takes it: `1d12h`. */
function describeLength(seconds: number): string {
  let left = seconds;
  return UNITS.map(([unit, letter]) => {
    const times = Math.floor(left / unit);
    left -= times * unit;
    return times === 0 ? '' : `${times.toString()}${letter}`;
  }).join('');
}
