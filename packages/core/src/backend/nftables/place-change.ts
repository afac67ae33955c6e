import { isSingleAddress, type Address } from '../../address/address.js';
import type { Change, ChangeReport } from '../backend.js';
import { timeoutProblem } from '../check-timeout.js';
import { failedChange } from '../explain-fault.js';
import { prefixSetName } from './companion-name.js';
import { howToCreate, howToCreateSet, howToDrop } from './how-to-create.js';
import type { NftSet } from './set-driver.js';
import type { TableAddress } from './table-address.js';

/** What stands behind one of Vallum's sets. */
export interface SetPair {
  readonly main: NftSet | undefined;
  /** Where prefixes go; undefined: not there; 'not-asked': nothing has needed it yet. */
  readonly prefixes: NftSet | undefined | 'not-asked';
}

/** The set that a change belongs into, or why there is none. */
export type Placed = NftSet | ChangeReport;

/** True where the set for prefixes has a say in what becomes of a change. */
export function concernsPrefixes(change: Change, main: NftSet): boolean {
  return !main.interval && (!isSingleAddress(change.address) || isNull(change.address));
}

/** Finds the set for a change, and refuses what the kernel would misunderstand. */
export function placeChange(table: TableAddress, change: Change, pair: SetPair): Placed {
  const { address } = change;
  const { main } = pair;
  const prefixes = pair.prefixes === 'not-asked' ? undefined : pair.prefixes;
  if (main === undefined) return failedChange(change, 'set-missing', missing(table, change));
  if (main.family === undefined) return failedChange(change, 'unsupported-type', unsupported(main));
  if (address.family !== main.family) return failedChange(change, 'wrong-family');
  const problem = timeoutProblem(change);
  if (problem !== undefined) return failedChange(change, 'unstorable', problem);
  if (address.prefixLength === 0) return failedChange(change, 'unstorable');
  const single = isSingleAddress(address);
  const set = main.interval || single ? main : prefixes;
  if (set?.family !== main.family || !(set.interval || single)) {
    return failedChange(change, 'prefix-unsupported', noPrefixSet(table, change));
  }
  // The kernel would take it, but a hash:ip of ipset would not: the same verdict from all backends.
  if (single && !main.interval && isNull(address) && prefixes === undefined) {
    return failedChange(change, 'unstorable');
  }
  if (
    change.op === 'add' &&
    change.timeoutSeconds !== undefined &&
    set.defaultTimeoutMs === undefined
  ) {
    return failedChange(change, 'timeout-unsupported', untimed(set));
  }
  return set;
}

function isNull(address: Address): boolean {
  // Asked of every change: the first byte answers for nearly all.
  return address.bytes[0] === 0 && address.bytes.every((byte) => byte === 0);
}

function missing(table: TableAddress, { set }: Change): string {
  const { family, table: name } = table;
  return `set ${set} does not exist in table ${family} ${name}; create it: ${howToCreate(table, set)}`;
}

function unsupported({ name, type }: NftSet): string {
  return `set ${name} is a ${type}, which Vallum does not edit; make it a set of type ipv4_addr or ipv6_addr`;
}

function untimed({ name }: NftSet): string {
  return `set ${name} was made without timeouts; make it again with "flags timeout" to allow them`;
}

function noPrefixSet(table: TableAddress, { set, address }: Change): string {
  const name = prefixSetName(set);
  const { family } = address;
  return (
    `set ${set} takes single addresses only; for the prefix ${address.text} create an interval set ` +
    `beside it: ${howToCreateSet(table, name, family, ['interval', 'timeout'])}; and drop what it ` +
    `holds: ${howToDrop(table, name, family)}`
  );
}
