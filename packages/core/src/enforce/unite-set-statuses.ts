import type { RefusedCount } from './refused-bans.js';
import type { SetStatus } from './set-status.js';

/** What one binding has to say of a kernel set. */
export interface BoundStatus {
  readonly status: SetStatus;
  /** It is bound by its own name, not as the companion of a set for IPv4. */
  readonly byName: boolean;
}

/**
 * One status a kernel set: `blacklist6` may be bound by its own name and beside `blacklist`. Counts add
 * up, so that a ban of an address from both is two. The policy is that of its own name; the other stands
 * with the set that it belongs to.
 */
export function uniteSetStatuses(bound: readonly BoundStatus[]): SetStatus[] {
  const united = new Map<string, BoundStatus>();
  for (const one of bound) {
    const known = united.get(one.status.set);
    united.set(one.status.set, known === undefined ? one : unite(known, one));
  }
  return [...united.values()].map(({ status }) => status);
}

function unite(one: BoundStatus, other: BoundStatus): BoundStatus {
  const [{ status: own }, { status: beside }] = one.byName ? [one, other] : [other, one];
  const { observed = 0 } = own;
  return {
    byName: true,
    status: {
      // Where only one was compared, it is that which says why not.
      ...(beside.uncompared === undefined ? {} : { uncompared: beside.uncompared }),
      ...own,
      ...(beside.observed === undefined ? {} : { observed: observed + beside.observed }),
      bans: own.bans + beside.bans,
      pending: own.pending + beside.pending,
      waiting: own.waiting + beside.waiting,
      refused: own.refused + beside.refused,
      refusals: uniteRefusals(own.refusals, beside.refusals),
      drift: {
        added: own.drift.added + beside.drift.added,
        deleted: own.drift.deleted + beside.drift.deleted,
      },
    },
  };
}

function uniteRefusals(
  some: readonly RefusedCount[],
  more: readonly RefusedCount[],
): RefusedCount[] {
  const united = new Map(some.map((refused) => [refused.code, refused]));
  for (const refused of more) {
    const known = united.get(refused.code);
    const count = (known?.count ?? 0) + refused.count;
    united.set(refused.code, { ...refused, ...known, count });
  }
  return [...united.values()];
}
