import type { Address } from '../address/address.js';
import { addressFromBytes } from '../address/from-bytes.js';
import type { ProtectedEntry } from './protect-list.js';

/**
 * An interface's address, and the broadcast address of its subnet: of 192.168.0.7 in a /24,
 * 192.168.0.255. IPv6 has none, and neither have IPv4 subnets of one or two addresses.
 *
 * @param prefixLength of the subnet; undefined where there is none, as on a point-to-point link
 */
export function ownAddress(
  address: Address,
  prefixLength: number | undefined,
  link: string,
): ProtectedEntry[] {
  const own = { address, because: `address of ${link}` };
  if (address.family !== 'ipv4' || prefixLength === undefined || prefixLength > 30) return [own];
  const bytes = address.bytes.map((byte, at) => byte | (0xff >>> clamp(prefixLength - 8 * at)));
  return [own, { address: addressFromBytes('ipv4', bytes), because: `broadcast of ${link}` }];
}

function clamp(bits: number): number {
  return Math.max(0, Math.min(8, bits));
}
