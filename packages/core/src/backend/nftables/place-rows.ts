import { addressWidth } from '../../address/address.js';
import { addressAt, wordsPerAddress } from '../../address/address-columns.js';
import { DELETE, NO_TIMEOUT, type ChangeColumns } from '../backend.js';
import { columnTimeoutProblem } from '../check-timeout.js';
import { prefixSetName } from './companion-name.js';
import { howToCreate, howToCreateSet, howToDrop } from './how-to-create.js';
import type { NftSet, Refusal } from './set-driver.js';
import type { TableAddress } from './table-address.js';

/** What stands behind one of Vallum's sets. */
export interface SetPair {
  readonly main: NftSet | undefined;
  /** Where prefixes go; undefined: not there; 'not-asked': nothing has needed it yet. */
  readonly prefixes: NftSet | undefined | 'not-asked';
}

/** True where the set for prefixes has a say in what becomes of a row. */
export function concernsPrefixes(columns: ChangeColumns, row: number, main: NftSet): boolean {
  return !main.interval && (!isSingle(columns, row) || isNull(columns, row));
}

/** Why no change of these columns can be made, whatever its row; undefined: each has to be looked at. */
export function refuseAll(
  table: TableAddress,
  { set, family }: ChangeColumns,
  main: NftSet | undefined,
): Refusal | undefined {
  if (main === undefined) return { fault: 'set-missing', detail: missing(table, set) };
  if (main.family === undefined) return { fault: 'unsupported-type', detail: unsupported(main) };
  return main.family === family ? undefined : { fault: 'wrong-family' };
}

/**
 * Finds the set for a row of columns whose main set is there and of their family, and refuses what
 * the kernel would misunderstand.
 */
export function placeRow(
  table: TableAddress,
  columns: ChangeColumns,
  row: number,
  main: NftSet,
  prefixes: NftSet | undefined,
): NftSet | Refusal {
  const problem = columnTimeoutProblem(columns, row);
  if (problem !== undefined) return { fault: 'unstorable', detail: problem };
  if (columns.prefixLengths[row] === 0) return { fault: 'unstorable' };
  const single = isSingle(columns, row);
  const set = main.interval || single ? main : prefixes;
  if (set === undefined || set.family !== main.family || !(set.interval || single)) {
    return { fault: 'prefix-unsupported', detail: noPrefixSet(table, columns, row) };
  }
  // The kernel would take it, but a hash:ip of ipset would not: the same verdict from all backends.
  if (single && !main.interval && prefixes === undefined && isNull(columns, row)) {
    return { fault: 'unstorable' };
  }
  if (
    set.defaultTimeoutMs === undefined &&
    columns.timeoutSeconds[row] !== NO_TIMEOUT &&
    columns.ops[row] !== DELETE
  ) {
    return { fault: 'timeout-unsupported', detail: untimed(set) };
  }
  return set;
}

function isSingle({ family, prefixLengths }: ChangeColumns, row: number): boolean {
  return prefixLengths[row] === addressWidth(family);
}

function isNull({ family, words }: ChangeColumns, row: number): boolean {
  // Asked of every row: the first word answers for nearly all.
  const perAddress = wordsPerAddress(family);
  for (let part = perAddress * row; part < perAddress * (row + 1); part++) {
    if (words[part] !== 0) return false;
  }
  return true;
}

function missing(table: TableAddress, set: ChangeColumns['set']): string {
  const { family, table: name } = table;
  return `set ${set} does not exist in table ${family} ${name}; create it: ${howToCreate(table, set)}`;
}

function unsupported({ name, type }: NftSet): string {
  return `set ${name} is a ${type}, which Vallum does not edit; make it a set of type ipv4_addr or ipv6_addr`;
}

function untimed({ name }: NftSet): string {
  return `set ${name} was made without timeouts; make it again with "flags timeout" to allow them`;
}

function noPrefixSet(table: TableAddress, columns: ChangeColumns, row: number): string {
  const { set, family } = columns;
  const name = prefixSetName(set);
  return (
    `set ${set} takes single addresses only; for the prefix ${addressAt(columns, row).text} create an ` +
    `interval set beside it: ${howToCreateSet(table, name, family, true)}; and ` +
    `drop what it holds: ${howToDrop(table, name, family)}`
  );
}
