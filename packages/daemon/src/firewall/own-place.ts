/**
 * The chain of setup, or the table of the sets.
 *
 * @param where `iptables-nft filter VALLUM`, `nft inet vallum vallum-allow`
 * @param home the nftables table that holds the sets: `inet vallum`
 */
export function isOwnPlace(where: string, home: string | undefined): boolean {
  return where.endsWith(' VALLUM') || (home !== undefined && where.startsWith(`nft ${home} `));
}

/**
 * Whether only setup puts rules there, and administrators who except something from its bans. A table
 * of another name may be somebody's whole firewall, in which a service that comes first is a mistake.
 */
export function isForExceptions(where: string, home: string | undefined): boolean {
  if (!isOwnPlace(where, home)) return false;
  return / (VALLUM|vallum-\S+)$/.test(where) || home?.endsWith(' vallum') === true;
}
