import { addressWidth, type Address } from './address.js';
import { addressFromBytes } from './from-bytes.js';

/**
 * What a set with a `netmask` stores and lists for an address: 192.0.2.7 becomes the single
 * address 192.0.2.0 under a netmask of 24.
 */
export function storedAddress(address: Address, netmask: number | undefined): Address {
  if (netmask === undefined || netmask >= address.prefixLength) return address;
  const { family, bytes } = addressFromBytes(address.family, address.bytes, netmask);
  return addressFromBytes(family, bytes, addressWidth(family));
}
