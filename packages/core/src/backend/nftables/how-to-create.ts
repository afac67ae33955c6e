import type { Family } from '../../address/address.js';
import { familyOfName } from '../../words/names.js';
import { prefixSetName } from './companion-name.js';
import { nftablesFilterHook } from './filter-hook.js';
import type { TableAddress } from './table-address.js';

/** The commands that make the sets behind a name and the rules that drop what they hold, to type. */
export function howToCreate({ family, table }: TableAddress, set: string): string {
  const addresses = familyOfName(set);
  const place = `${family} ${table}`;
  return [
    `nft add table ${place}`,
    howToCreateSet({ family, table }, set, addresses, ['timeout']),
    howToCreateSet({ family, table }, prefixSetName(set), addresses, ['interval', 'timeout']),
    `and drop what they hold: nft 'add chain ${place} vallum { ${nftablesFilterHook()} }'`,
    howToDrop({ family, table }, set, addresses),
    howToDrop({ family, table }, prefixSetName(set), addresses),
  ].join('; ');
}

export function howToCreateSet(
  { family, table }: TableAddress,
  set: string,
  addresses: Family,
  flags: readonly string[],
): string {
  const type = addresses === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr';
  return `nft 'add set ${family} ${table} ${set} { type ${type}; flags ${flags.join(', ')}; }'`;
}

export function howToDrop(
  { family, table }: TableAddress,
  set: string,
  addresses: Family,
  chain = 'vallum',
): string {
  const header = addresses === 'ipv4' ? 'ip' : 'ip6';
  return `nft add rule ${family} ${table} ${chain} ${header} saddr @${set} drop`;
}
