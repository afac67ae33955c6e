import { count, groupDigits } from '@vallum/options';
import type { Difference } from './difference.js';
import type { WantedList } from './wanted-list.js';

/** Of addresses that are named; how many more there are is said. */
const FEW = 20;

/**
 * `drop.txt: 1,402 entries: 12 added, 3 withdrawn, 0 renewed, 1,390 unchanged`
 *
 * @param name of the list
 */
export function summarize(name: string, wanted: number, difference: Difference): string {
  const { added, withdrawn, renewed, unchanged } = difference;
  return (
    `${name}: ${count(wanted, 'entry')}: ${groupDigits(added.length)} added, ` +
    `${groupDigits(withdrawn.length)} withdrawn, ${groupDigits(renewed.length)} renewed, ` +
    `${groupDigits(unchanged)} unchanged`
  );
}

/** `added: 192.0.2.0/24, 198.51.100.7 and 12 more`, and the same of what was withdrawn. */
export function nameChanges({ added, withdrawn }: Difference): string[] {
  return Object.entries({ added, withdrawn }).flatMap(([what, addresses]) => {
    if (addresses.length === 0) return [];
    const more = addresses.length - FEW;
    const rest = more > 0 ? ` and ${groupDigits(more)} more` : '';
    return [`${what}: ${addresses.slice(0, FEW).join(', ')}${rest}`];
  });
}

/** What became of lines that are no entries of their own. */
export function describeLeftOut({ repeated, bad }: WantedList): string | undefined {
  const parts = [
    repeated > 0 ? `${groupDigits(repeated)} stand in the list twice or inside a wider one` : '',
    bad > 0 ? `${groupDigits(bad)} unusable` : '',
  ].filter((part) => part !== '');
  return parts.length === 0 ? undefined : `left out: ${parts.join(', ')}`;
}
