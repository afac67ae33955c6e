import type { SetName } from '../words/names.js';
import type { Change, ChangeReport } from './backend.js';

/**
 * Hands the changes of each set over together, and gives the reports back in the order of the
 * changes.
 */
export async function applyBySet(
  changes: readonly Change[],
  apply: (set: SetName, changes: readonly Change[]) => Promise<ChangeReport[]>,
): Promise<ChangeReport[]> {
  const [first] = changes;
  if (first === undefined) return [];
  if (changes.every(({ set }) => set === first.set)) return apply(first.set, changes);

  const groups = new Map<SetName, { readonly own: Change[]; readonly indices: number[] }>();
  for (const [index, change] of changes.entries()) {
    let group = groups.get(change.set);
    if (group === undefined) {
      group = { own: [], indices: [] };
      groups.set(change.set, group);
    }
    group.own.push(change);
    group.indices.push(index);
  }
  const reports = new Array<ChangeReport>(changes.length);
  const applied = [...groups].map(async ([set, { own, indices }]) => {
    for (const [place, report] of (await apply(set, own)).entries()) {
      reports[indices[place] ?? 0] = report;
    }
  });
  await Promise.all(applied);
  return reports;
}
