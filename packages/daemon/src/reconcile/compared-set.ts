import type { ReconcileSummary, VallumStatus } from '@vallum/core';
import { count, groupDigits } from '@vallum/options';

/** What a comparison that was asked for came to in one kernel set. */
export interface ComparedSet {
  readonly set: string;
  /** Bans that it lacked, and holds now. */
  readonly added: number;
  /** Entries of no ban, such as of one that is over, that were taken out. */
  readonly deleted: number;
  /** Changes that the kernel refused. */
  readonly failed: number;
  /** What it said to the first of them. */
  readonly failure?: string;
  /** Bans that it does not hold yet. */
  readonly pending: number;
  /** Of those: what waits for room. */
  readonly waiting: number;
  /** Why it could not be compared, for people; undefined: it was. */
  readonly uncompared?: string;
}

/**
 * What became of every kernel set, those that were in order and those that could not be looked at included.
 *
 * @param differed what `Vallum.reconcile` has returned, which may name a set several times
 * @param sets as they are after that
 */
export function comparedSets(
  differed: readonly ReconcileSummary[],
  sets: VallumStatus['sets'],
): ComparedSet[] {
  return sets.map((status): ComparedSet => {
    const { set, pending, waiting } = status;
    const summaries = differed.filter((summary) => summary.set === set);
    const sum = (what: 'added' | 'deleted' | 'failed') =>
      summaries.reduce((total, summary) => total + summary[what], 0);
    const failure = summaries.find((summary) => summary.failure !== undefined)?.failure;
    const uncompared = whyUncompared(status);
    return {
      ...{ set, added: sum('added'), deleted: sum('deleted'), failed: sum('failed') },
      ...(failure === undefined ? {} : { failure }),
      ...{ pending, waiting },
      ...(uncompared === undefined ? {} : { uncompared }),
    };
  });
}

function whyUncompared(status: VallumStatus['sets'][number]): string | undefined {
  if (status.state === 'ready') return status.uncompared;
  return status.state === 'unknown' ? 'it was not looked at yet' : status.detail;
}

/** Whether it holds now what it should, as far as this node knows. */
export function isInStep({ failed, pending, uncompared }: ComparedSet): boolean {
  return failed + pending === 0 && uncompared === undefined;
}

/** `blacklist: 2 bans were missing and were put in` */
export function describeCompared(compared: ComparedSet): string {
  const { set, added, deleted, failed, failure, pending, waiting, uncompared } = compared;
  if (uncompared !== undefined) return `${set} could not be compared: ${uncompared}`;
  const first = failure === undefined ? '' : `, the first because ${failure}`;
  const full = waiting === 0 ? '' : `, ${groupDigits(waiting)} of them since it is full`;
  const parts = [
    added > 0 && `${count(added, 'ban')} ${added === 1 ? 'was' : 'were'} missing and put in`,
    deleted > 0 &&
      `${count(deleted, 'entry')} of no ban ${deleted === 1 ? 'was' : 'were'} taken out`,
    failed > 0 && `${count(failed, 'change')} failed${first}`,
    pending > 0 && `${count(pending, 'ban')} ${pending === 1 ? 'is' : 'are'} not in it yet${full}`,
  ].filter((part) => part !== false);
  return `${set}: ${parts.length === 0 ? 'it held what it should' : parts.join('; ')}`;
}
