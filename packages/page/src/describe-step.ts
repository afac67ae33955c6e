import type { FleetRow } from './answers.js';
import { grouped } from './words.js';

export interface StepWords {
  readonly text: string;
  readonly tone: 'good' | 'warn' | 'bad' | 'none';
}

/**
 * `in step`, `behind by 12 in blacklist, 2 need a hand`: whether a node holds the same as this one, and how it is
 * besides. What could not be compared is not in step: nobody knows.
 */
export function describeStep({ sets, needs }: Pick<FleetRow, 'sets' | 'needs'>): StepWords {
  const broken = sets.filter(({ state }) => state !== 'ready' && state !== 'unknown');
  const faults = [
    ...(broken.length > 0 ? [`cannot use ${broken.map(({ set }) => set).join(', ')}`] : []),
    ...sets.filter(({ agrees }) => agrees === false).map(describeDifference),
  ];
  const isCompared = sets.some(({ agrees }) => agrees === true);
  const steps = faults.length > 0 ? faults : [isCompared ? 'in step' : 'not known'];
  const { critical = 0, warning = 0 } = needs ?? {};
  const count = critical + warning;
  const hands = count === 0 ? [] : [`${grouped(count)} ${count === 1 ? 'needs' : 'need'} a hand`];
  return {
    text: [...steps, ...hands].join(', '),
    tone:
      faults.length > 0 || critical > 0
        ? 'bad'
        : warning > 0
          ? 'warn'
          : isCompared
            ? 'good'
            : 'none',
  };
}

function describeDifference({ set, more = 0 }: FleetRow['sets'][number]): string {
  if (more === 0) return `differs in ${set}`;
  return `${more < 0 ? 'behind' : 'ahead'} by ${grouped(Math.abs(more))} in ${set}`;
}
