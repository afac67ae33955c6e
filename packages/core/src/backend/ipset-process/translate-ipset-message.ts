import type { ChangeFault } from '../backend.js';

/**
 * What a message of `ipset` means. `absent`: the element to delete is not there; `present`: the one
 * to add is.
 */
export type IpsetMeaning = ChangeFault | 'absent' | 'present' | 'set-exists' | 'timeout-too-long';

// Words of ipset 7.17 (lib/errcode.c, lib/parse.c, lib/session.c), seen with LC_ALL=C, such as
//   ipset v7.17: Element cannot be deleted from the set: it's not added
const MEANINGS: readonly (readonly [RegExp, IpsetMeaning])[] = [
  [/Element cannot be deleted from the set: it's not added/, 'absent'],
  [/Element cannot be added to the set: it's already added/, 'present'],
  [/set with the same name already exists/, 'set-exists'],
  [/The set with the given name does not exist/, 'set-missing'],
  [/Hash is full, cannot add more elements/, 'set-full'],
  [/Element is out of the range of the set/, 'out-of-range'],
  [/set was created without timeout support/, 'timeout-unsupported'],
  // A name that does not resolve; but only checked addresses get here, so it is the family.
  [/cannot parse \S+: resolving to IPv[46] address failed/, 'wrong-family'],
  [/An IPv[46] address is expected, but not received/, 'wrong-family'],
  // hash:ip of IPv6; that of IPv4 would unfold a prefix into single addresses.
  [/plain IP address must be supplied/, 'prefix-unsupported'],
  // 0.0.0.0 into hash:ip
  [/Null-valued element/, 'unstorable'],
  // 0.0.0.0/0 into hash:net
  [/value of the CIDR parameter of the IP address is invalid/, 'unstorable'],
  [/Syntax error: '\d+' is out of range 0-2147483$/, 'timeout-too-long'],
  // hash:ip,port and the like; list:set; bitmap:port
  [/(?:Second|Third) element is missing from/, 'unsupported-type'],
  [/Set to be added\/deleted\/tested as element does not exist/, 'unsupported-type'],
  [/Syntax error: '\S+' is invalid as number/, 'unsupported-type'],
  [/Operation not permitted|Permission denied/, 'permission-denied'],
  [/set type (?:does )?not supported/, 'unavailable'],
  [/Cannot open session to kernel/, 'unavailable'],
  [/Protocol not supported|Kernel supports? .* (?:revision|version)/, 'unavailable'],
  [/kernel protocol version|Kernel-library incompatibility/, 'unavailable'],
];

/** Reads what `ipset` wrote to standard error. The only file that knows its words. */
export function translateIpsetMessage(text: string): IpsetMeaning {
  const line = essentialLine(text);
  return MEANINGS.find(([words]) => words.test(line))?.[1] ?? 'unknown';
}

/** True where `ipset test` answered no: `11.1.1.1 is NOT in set blacklist.` */
export function saysNotInSet(text: string): boolean {
  return text.includes(' is NOT in set ');
}

/**
 * The line that says what is wrong, without `ipset v7.17: ` in front and the hint behind:
 *
 *     ipset v7.17: Mandatory option `range' is missing
 *     Try `ipset help' for more information.
 */
export function essentialLine(text: string): string {
  const lines = text.split('\n').filter((line) => line !== '' && !/^(?:Try `|Warning:)/.test(line));
  return (lines[0] ?? '').replace(/^ipset v[\w.-]+: /, '');
}
