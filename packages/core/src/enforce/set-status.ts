import type { Minders } from './minders.js';
import type { Drift } from './mended.js';
import type { SetState } from './report.js';
import type { SetWatch } from './set-watch.js';
import type { Upkeep } from './upkeep.js';

export type SetStatus = SetState & {
  bans: number;
  pending: number;
  refused: number;
  drift: Drift;
};

/** The kernel sets that the bound sets come to, with what the ledger holds for each. */
export function setStatus(minders: Minders, watch: SetWatch): SetStatus[] {
  return [...minders.bound()].flatMap(({ upkeep, drift }) => {
    const { target, plan, page, set } = upkeep;
    const shown = target.ok && (target.value !== set || isHome(upkeep, watch));
    if (!shown) return [];
    const bans = plan.wantedCount - plan.impossibleCount;
    const refused = Math.max(0, page.bans - bans);
    const state = watch.state(target.value);
    // What is not there holds nothing, whatever the plan remembers for the case that it comes back.
    const pending = isAway(state) ? bans : plan.lackingCount;
    return [{ ...state, bans, pending, refused, drift: { ...drift } }];
  });
}

function isAway({ state }: SetState): boolean {
  return state === 'missing' || state === 'unsupported-type';
}

/** Whether a set's own line in the status stands for this family. */
function isHome({ set, family }: Upkeep, watch: SetWatch): boolean {
  const info = watch.info(set);
  return info ? info.family === family : family === 'ipv4';
}
