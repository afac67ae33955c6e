import type { Family } from '../../address/address.js';
import type { SetSpec } from '../backend.js';
import { prefixSetName } from './companion-name.js';
import type { TableAddress } from './table-address.js';

// What drops by the sets, in one place: both backends' `create`, the commands that they give to type,
// and `vallumd setup` make the same of it.
//
//   table inet vallum {
//     set blacklist { type ipv4_addr; flags timeout; }
//     set blacklist-net { type ipv4_addr; flags interval, timeout; }
//     chain vallum-allow { }
//     chain vallum-input {
//       type filter hook input priority filter - 10; policy accept;
//       jump vallum-allow comment "vallum"
//       ip saddr @blacklist counter drop comment "vallum+set"
//       ip saddr @blacklist-net counter drop comment "vallum+set"
//     }
//     chain vallum-forward { … the same on hook forward … }
//   }

/**
 * In front of the filter chains at 0 that nft, iptables-nft, Docker and libvirt make, whatever these
 * accept. A drop is final in whichever chain it happens, so nothing behind can undo it.
 */
export const CHAIN_PRIORITY = -10;

/** Incoming packets, and those that a machine passes on: to containers, guests, other networks. */
export const DROP_HOOKS = ['input', 'forward'] as const;
/** One of `DROP_HOOKS`. */
export type DropHook = (typeof DROP_HOOKS)[number];

/** Comment of a rule that Vallum made. */
export const RULE_MARK = 'vallum';
/** … for a set that was made with it, and goes with it. Sets have no comment before nft 0.9.7. */
export const RULE_AND_SET_MARK = 'vallum+set';

/** `vallum-forward` */
export function dropChainName(base: string, hook: DropHook): string {
  return `${base}-${hook}`;
}

/** The chain that every packet goes through first: room for the administrator's own exceptions. */
export function allowChainName(base: string): string {
  return `${base}-allow`;
}

/** The command of nft that makes a table where there is none. */
export function tableLine({ family, table }: TableAddress): string {
  return `add table ${family} ${table}`;
}

/** Names of the sets behind one of Vallum's, and whether they hold intervals. */
export function setsBehind({ set, type }: Pick<SetSpec, 'set' | 'type'>): {
  readonly name: string;
  readonly interval: boolean;
}[] {
  const main = { name: set as string, interval: false };
  return type === 'hash:net' ? [main, { name: prefixSetName(set), interval: true }] : [main];
}

/**
 * The command of nft that makes a set.
 *
 * @param verb `create` is refused where the name is taken
 */
export function setLine(
  { family, table }: TableAddress,
  verb: 'add' | 'create',
  spec: Pick<SetSpec, 'family' | 'defaultTimeoutSeconds' | 'maxEntries'>,
  { name, interval }: { readonly name: string; readonly interval: boolean },
): string {
  const { defaultTimeoutSeconds, maxEntries } = spec;
  const flags = [
    ...(interval ? ['interval'] : []),
    ...(defaultTimeoutSeconds === undefined ? [] : ['timeout']),
  ];
  const clauses = [
    `type ${spec.family === 'ipv4' ? 'ipv4_addr' : 'ipv6_addr'}`,
    ...(flags.length === 0 ? [] : [`flags ${flags.join(', ')}`]),
    ...(defaultTimeoutSeconds ? [`timeout ${defaultTimeoutSeconds}s`] : []),
    ...(maxEntries === undefined ? [] : [`size ${maxEntries}`]),
  ];
  return `${verb} set ${family} ${table} ${name} { ${clauses.join('; ')}; }`;
}

/** The command of nft that makes the chain for exceptions. */
export function allowChainLine({ family, table }: TableAddress, base: string): string {
  return `add chain ${family} ${table} ${allowChainName(base)}`;
}

/** The command of nft that makes a chain on a hook, which accepts what no rule drops. */
export function dropChainLine(
  { family, table }: TableAddress,
  base: string,
  hook: DropHook,
): string {
  const name = dropChainName(base, hook);
  const head = `type filter hook ${hook} priority ${CHAIN_PRIORITY}; policy accept;`;
  return `add chain ${family} ${table} ${name} { ${head} }`;
}

/** What stands behind the name of the chain in a rule that lets exceptions go first. */
export function jumpToAllow(base: string): string {
  return `jump ${allowChainName(base)} comment "${RULE_MARK}"`;
}

/** What stands behind the name of the chain in a rule that drops by a set. */
export function dropBySet(
  set: string,
  addresses: Family,
  mark: string = RULE_AND_SET_MARK,
): string {
  return `${headerOf(addresses)} saddr @${set} counter drop comment "${mark}"`;
}

export function headerOf(addresses: Family): 'ip' | 'ip6' {
  return addresses === 'ipv4' ? 'ip' : 'ip6';
}

/** Whether packets of a family go through a table's chains: one of family `ip` never sees IPv6. */
export function tableSees(family: TableAddress['family'], addresses: Family): boolean {
  return family === 'inet' || (family === 'ip') === (addresses === 'ipv4');
}
