import type { SetName } from '@vallum/core/protocol';
import type { RuleTable } from '../firewall/ruleset.js';
import type { Settings } from '../settings.js';
import { setKind } from './gather-kernel.js';

/** Where a set is that the backend does not have. */
export interface Elsewhere {
  /** `nftables (table inet vallum)` */
  readonly place: string;
  /** The backend that edits it. */
  readonly backend: 'ipset' | 'nftables';
  /** The backend that was chosen. */
  readonly chosen: string;
}

/** Looks for sets among those of the other kind, as far as the rules of this machine name them. */
export function findElsewhere(
  backend: Settings['backend'],
  tables: readonly RuleTable[],
): (set: SetName) => Elsewhere | undefined {
  const { family = 'inet', table = 'vallum' } = backend.table;
  const home = `${family} ${table}`;
  const chosen = backend.name;
  switch (setKind(chosen)) {
    case 'ipset':
      return (set) =>
        tables.some((one) => one.home === home && one.declared?.has(set) === true)
          ? { place: `nftables (table ${home})`, backend: 'nftables', chosen }
          : undefined;
    case 'nftables':
      // The kernel takes no rule whose ipset is not there.
      return (set) =>
        tables.some((one) => one.sets === 'ipset' && refersTo(one, set))
          ? { place: 'ipset, where rules of iptables use it', backend: 'ipset', chosen }
          : undefined;
    case undefined:
      return () => undefined;
  }
}

function refersTo({ chains }: RuleTable, set: SetName): boolean {
  return [...chains.values()].some((rules) =>
    rules.some(({ references }) => references.some((one) => one.set === set)),
  );
}
