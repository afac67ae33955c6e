import type { Report } from '@vallum/core';

/** What a node does with the bans it hears of: the last two do nothing in the kernel, and may not say so. */
export type Manner = 'enforces' | 'remembers' | 'pretends';

const PRETENDED: Readonly<Partial<Record<Report['outcome'], string>>> = {
  banned: 'would-ban',
  unbanned: 'would-unban',
  ended: 'would-unban',
  held: 'would-keep',
};

/** Codes of bans that are kept, and that the policy of their set makes nothing of for now. */
const HELD_BACK: ReadonlySet<string> = new Set(['observe', 'quorum', 'max-ban']);

/** Whether a refusal is what the administrator has asked for, and no fault of whoever has banned. */
export function isHeldBack(outcome: Report['outcome'], code: string | undefined): boolean {
  return outcome === 'refused' && code !== undefined && HELD_BACK.has(code);
}

/** Whether a ban's time is over and it was taken out of its set; else `ended` came too late to get in. */
export function isOver({ outcome, via }: Pick<Report, 'outcome' | 'via'>): boolean {
  return outcome === 'ended' && via === 'ledger';
}

/** The word for programs: a dry run does not claim what it has not done. */
export function eventOf(
  outcome: Report['outcome'],
  manner: Manner,
  {
    code,
    action,
  }: { readonly code?: string | undefined; readonly action?: string | undefined } = {},
): string {
  if (isHeldBack(outcome, code)) {
    if (code !== 'observe') return 'held-back';
    return action === 'unban' ? 'would-unban' : 'would-ban';
  }
  return (manner === 'pretends' ? PRETENDED[outcome] : undefined) ?? outcome;
}
