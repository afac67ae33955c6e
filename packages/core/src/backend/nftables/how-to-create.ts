import type { Family } from '../../address/address.js';
import { familyOfName, type SetName } from '../../words/names.js';
import {
  DROP_HOOKS,
  dropBySet,
  dropChainLine,
  dropChainName,
  setLine,
  setsBehind,
  tableLine,
} from './drop-table.js';
import type { TableAddress } from './table-address.js';

/** Where what is given to type puts the rules: where `create` puts its own. */
const CHAIN = 'vallum';

/** The commands that make the sets behind a name and the rules that drop what they hold, to type. */
export function howToCreate(table: TableAddress, set: string): string {
  const addresses = familyOfName(set);
  const sets = setsBehind({ set: set as SetName, type: 'hash:net' });
  return [
    `nft ${tableLine(table)}`,
    ...sets.map((behind) => howToCreateSet(table, behind.name, addresses, behind.interval)),
    `and drop what they hold: ${DROP_HOOKS.map((hook) => `nft '${dropChainLine(table, CHAIN, hook)}'`).join('; ')}`,
    ...sets.map(({ name }) => howToDrop(table, name, addresses)),
  ].join('; ');
}

export function howToCreateSet(
  table: TableAddress,
  name: string,
  family: Family,
  interval: boolean,
): string {
  return `nft '${setLine(table, 'add', { family, defaultTimeoutSeconds: 0 }, { name, interval })}'`;
}

export function howToDrop({ family, table }: TableAddress, set: string, addresses: Family): string {
  return DROP_HOOKS.map(
    (hook) =>
      `nft 'add rule ${family} ${table} ${dropChainName(CHAIN, hook)} ${dropBySet(set, addresses)}'`,
  ).join('; ');
}
