import type { Report } from '@vallum/core';

/** What a node does with the bans it hears of: the last two do nothing in the kernel, and may not say so. */
export type Manner = 'enforces' | 'remembers' | 'pretends';

const PRETENDED: Readonly<Partial<Record<Report['outcome'], string>>> = {
  banned: 'would-ban',
  unbanned: 'would-unban',
  ended: 'would-unban',
  held: 'would-keep',
};

/** The word for programs: a dry run does not claim what it has not done. */
export function eventOf(outcome: Report['outcome'], manner: Manner): string {
  return (manner === 'pretends' ? PRETENDED[outcome] : undefined) ?? outcome;
}
