import type { AddressColumns } from '../address/address-columns.js';
import { FLAG } from '../plan/set-plan.js';
import type { Upkeep } from './upkeep.js';

/** How long an entry may outlast its end: whole seconds are rounded on both sides. */
const FADING_SECONDS = 3;

/** Takes ends of bans that have changed by the passing of time. */
export function followEnds(upkeep: Upkeep, due: AddressColumns, nowUnix: number): void {
  const { page, plan } = upkeep;
  const endsByItself = upkeep.info?.defaultTimeoutSeconds !== undefined;
  for (let index = 0; index < due.length; index++) {
    const head = page.findAt(due, index);
    const end = head < 0 ? 0 : upkeep.ends.of(head);
    const row = upkeep.follow(due, index, end);
    if (row < 0) continue;
    if (plan.wanted[row] === 0) {
      endRow(upkeep, row, endsByItself && (plan.held[row] ?? 0) <= nowUnix + 1);
    } else {
      upkeep.enqueue(row);
    }
  }
}

/** @param byItself the kernel has dropped it, or does so within the second */
function endRow(upkeep: Upkeep, row: number, byItself: boolean): void {
  const { plan } = upkeep;
  if (byItself) {
    // Ours for as long as the kernel may take: a ban that comes meanwhile is to renew it.
    plan.unmark(row, FLAG.MAYBE);
    if (plan.held[row] !== 0) upkeep.fading.push(row);
  } else if (plan.held[row] !== 0 || plan.has(row, FLAG.MAYBE)) {
    plan.mark(row, FLAG.ENDED);
  }
  // Also where there is nothing to do: whoever takes it from the queue gives up the row.
  upkeep.enqueue(row);
}

/** Gives up the rows of entries that the kernel has ended. */
export function forgetFaded({ fading, plan }: Upkeep, nowUnix: number): void {
  const gone = nowUnix - FADING_SECONDS;
  for (let left = fading.length; left > 0; left -= 1) {
    const row = fading.shift();
    const held = plan.held[row] ?? 0;
    if (plan.wanted[row] !== 0 || held === 0 || plan.has(row, FLAG.IN_FLIGHT)) continue;
    if (held > gone) {
      fading.push(row);
      continue;
    }
    plan.hold(row, 0);
    plan.release(row);
  }
}
