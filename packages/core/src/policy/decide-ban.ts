import { isSingleAddress, type Address, type Family } from '../address/address.js';
import { maskAddress } from '../address/contain.js';
import { SET_TYPES, type SetInfo } from '../backend/backend.js';
import type { RefusalReason } from './refusal-reason.js';
import { failure, success, type Result } from '../words/result.js';
import type { Policy } from './policy.js';

export type { Policy } from './policy.js';

/**
 * What a ban of this address in this set would cover: a set with a netmask stores the whole
 * network, so it is the network that must not hold a protected address.
 */
export function coverage(address: Address, info: Pick<SetInfo, 'netmask'> | undefined): Address {
  return info?.netmask === undefined || info.netmask >= address.prefixLength
    ? address
    : maskAddress(address, info.netmask);
}

/**
 * Says whether an address may be banned in a set.
 *
 * @param info the kernel set, where it is known; what depends on its type is decided again later
 */
export function decideBan(
  address: Address,
  policy: Policy,
  info: SetInfo | undefined,
): Result<Address, RefusalReason> {
  const covered = coverage(address, info);
  const shortest = policy.minPrefixLength[address.family];
  if (address.prefixLength < shortest) {
    return failure(
      'prefix-too-wide',
      `${address.text} is wider than /${shortest}, the shortest prefix that may be ${policy.verb ?? 'banned'} here`,
    );
  }
  const conflict = policy.protectList.conflict(covered);
  if (conflict) {
    const relation =
      conflict.address.text === covered.text ? 'is' : `overlaps ${conflict.address.text},`;
    return failure('protected', `${covered.text} ${relation} protected (${conflict.because})`);
  }
  return info === undefined ? success(address) : decideType(address, info);
}

/**
 * The quick yes of `decideBan`, for addresses in columns: no object is made. After a no `decideBan`
 * says why. What the set's type takes is not looked at: that is the same for all of its members, but
 * for prefixes, which need a hash:net.
 *
 * @param words one unsigned word an address for IPv4, four for IPv6, the most significant first
 * @param index where in `words` the address starts
 * @param netmask of the set, where it has one
 */
export function isAllowed(
  policy: Policy,
  family: Family,
  words: Uint32Array,
  index: number,
  prefixLength: number,
  netmask?: number,
): boolean {
  if (prefixLength < policy.minPrefixLength[family]) return false;
  const covered = netmask === undefined || netmask >= prefixLength ? prefixLength : netmask;
  return policy.protectList.conflictAt(family, words, index, covered) === undefined;
}

function decideType(address: Address, info: SetInfo): Result<Address, RefusalReason> {
  if (!(SET_TYPES as readonly string[]).includes(info.type)) {
    return failure(
      'unsupported-type',
      `set ${info.set} is a ${info.type}; Vallum edits ${SET_TYPES.join(', ')}`,
    );
  }
  if (info.type !== 'hash:net' && !isSingleAddress(address)) {
    return failure(
      'prefix-unsupported',
      `set ${info.set} is a ${info.type} and takes single addresses; a prefix needs a hash:net set`,
    );
  }
  return success(address);
}
