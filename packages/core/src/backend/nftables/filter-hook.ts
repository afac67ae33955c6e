/** In front of the filter chains that nft and iptables-nft make at 0, whatever these accept. */
export const CHAIN_PRIORITY = -10;

/** What a chain that drops by a set begins with: `type filter hook input priority -10;` */
export function nftablesFilterHook(hook: 'input' | 'forward' = 'input'): string {
  return `type filter hook ${hook} priority ${CHAIN_PRIORITY};`;
}
