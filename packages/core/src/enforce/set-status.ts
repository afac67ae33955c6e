import type { Drift } from './mended.js';
import type { Minders } from './minders.js';
import type { RefusedCount } from './refused-bans.js';
import type { SetPolicy } from '../policy/set-policy.js';
import type { SetState } from './report.js';
import type { SetMinder } from './set-minder.js';
import { uniteSetStatuses, type BoundStatus } from './unite-set-statuses.js';
import type { Upkeep } from './upkeep.js';

export type SetStatus = SetState & {
  bans: number;
  pending: number;
  /** Of `pending`: those that found the set full. */
  waiting: number;
  refused: number;
  /** undefined: there is none. */
  policy?: SetPolicy;
  /** Bans that would be in the set, were it not only observed. */
  observed?: number;
  /** Why; brought up to date once a minute. */
  refusals: readonly RefusedCount[];
  drift: Drift;
  /** Why its members could not be compared with the ledger when last tried. */
  uncompared?: string;
};

/** The kernel sets that the bound sets come to, each once, with what the ledger holds for it. */
export function setStatus(minders: Minders): SetStatus[] {
  const all = [...minders.bound()];
  const bound = all.flatMap((minder): BoundStatus[] => {
    const { upkeep, drift, refusedBans, uncompared } = minder;
    const { target, plan, set, watch } = upkeep;
    if (!target.ok || (target.value === set && !isHome(upkeep))) return [];
    const elsewhere = withoutSet(all, minder);
    const state = watch.state(target.value);
    const wanted = plan.wantedCount - plan.impossibleCount;
    const { observes, ends } = upkeep;
    const { policy } = ends;
    const bans = observes ? 0 : wanted;
    const status: SetStatus = {
      ...state,
      ...(Object.keys(policy).length === 0 ? {} : { policy }),
      ...(observes ? { observed: wanted } : {}),
      bans,
      // What is not there holds nothing, whatever the plan remembers for the case that it comes back.
      pending: isAway(state) ? bans : plan.lackingCount,
      waiting: upkeep.waiting.length,
      refused: upkeep.refused + elsewhere.reduce((sum, { count }) => sum + count, 0),
      refusals: [...refusedBans.counts, ...elsewhere],
      drift: { ...drift },
      ...(uncompared === undefined || state.state !== 'ready' ? {} : { uncompared }),
    };
    return [{ status, byName: target.value === set }];
  });
  return uniteSetStatuses(bound);
}

/** Bans of the other family, where this machine has no set for it. */
function withoutSet(all: readonly SetMinder[], { upkeep }: SetMinder): RefusedCount[] {
  const other = all.find(
    (one) => one.upkeep.set === upkeep.set && one.upkeep.family !== upkeep.family,
  );
  if (other === undefined || other.upkeep.target.ok || other.upkeep.page.bans === 0) return [];
  return [{ code: 'wrong-family', count: other.upkeep.page.bans }];
}

function isAway({ state }: SetState): boolean {
  return state === 'missing' || state === 'unsupported-type';
}

/** Whether a set's own line in the status stands for this family. */
function isHome({ set, family, watch }: Upkeep): boolean {
  const info = watch.info(set);
  return info ? info.family === family : family === 'ipv4';
}
