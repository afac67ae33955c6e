import type { SetName } from '../../words/names.js';
import type { Change, SetInfo } from '../backend.js';

/**
 * Takes the comments off changes whose set has none: ipset would refuse the whole entry. Sets are
 * looked up afresh for each call; a call without comments costs nothing.
 */
export async function dropComments(
  changes: readonly Change[],
  inspect: (set: SetName) => Promise<SetInfo | undefined>,
): Promise<readonly Change[]> {
  const commented = new Map<SetName, boolean>();
  for (const change of changes) {
    if (!hasComment(change) || commented.has(change.set)) continue;
    // What is wrong with a set that cannot be looked at, each entry says by itself.
    const info = await inspect(change.set).catch(() => undefined);
    commented.set(change.set, info?.comments === true);
  }
  if (commented.size === 0) return changes;
  return changes.map((change) => {
    if (!hasComment(change) || commented.get(change.set) === true) return change;
    const { comment: _, ...plain } = change;
    return plain;
  });
}

function hasComment(change: Change): change is Change & { readonly op: 'add' } {
  return change.op === 'add' && change.comment !== undefined;
}
