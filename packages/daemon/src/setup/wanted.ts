import { type Family } from '@vallum/core';
import {
  readTableOptions,
  tableSees,
  type DropHook,
  type TableAddress,
} from '@vallum/core/backend';
import { familyOfName, ipv6Companion, type Binding, type SetName } from '@vallum/core/protocol';

/** One set and the family of the rules that look it up. */
export interface WantedSet {
  readonly set: SetName;
  readonly family: Family;
  readonly type: 'hash:net' | 'hash:ip';
  readonly timeoutSeconds: number;
  readonly maxEntries: number;
}

/** What a machine needs so that bans do something. */
export interface Wanted {
  readonly sets: readonly WantedSet[];
  /** `forward`: what is only passed on is looked at too. */
  readonly hooks: readonly DropHook[];
  /** Connections that are there go on. */
  readonly allowEstablished: boolean;
}

/** Beside each IPv4 set stands `<set>6`: vallumd takes IPv6 addresses there. */
export function wantedSets(
  topics: readonly Binding[],
  shape: Pick<WantedSet, 'type' | 'timeoutSeconds' | 'maxEntries'>,
): WantedSet[] {
  const names = new Set(topics.flatMap(({ set }) => [set, ...companionOf(set)]));
  return [...names].map((set) => ({
    set,
    family: familyOfName(set),
    ...shape,
  }));
}

function companionOf(set: SetName): SetName[] {
  const companion = familyOfName(set) === 'ipv4' ? ipv6Companion(set) : undefined;
  return companion === undefined ? [] : [companion];
}

/** @throws VallumError `INVALID_ARGUMENT` for a name that nft cannot read */
export function readTableAddress(family: string, table: string): TableAddress {
  const read = readTableOptions({ family, table });
  return { family: read.family, table: read.table };
}

/** Without the sets that a table of one family would never be asked for. */
export function seenBy(wanted: Wanted, table: TableAddress): Wanted {
  const sets = wanted.sets.filter(({ family }) => tableSees(table.family, family));
  return { ...wanted, sets };
}
