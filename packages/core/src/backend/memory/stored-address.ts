import { addressWidth, type Address } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';

/** What a set with a `netmask` stores for an address: 192.0.2.7 becomes 192.0.2.0 under 24. */
export function storedAddress(address: Address, netmask: number | undefined): Address {
  if (netmask === undefined || netmask >= addressWidth(address.family)) return address;
  const { bytes } = addressFromBytes(address.family, address.bytes, netmask);
  return addressFromBytes(address.family, bytes);
}

/** True for 0.0.0.0 and ::, which the kernel's hash:ip cannot hold. */
export function isNullAddress(address: Address): boolean {
  return address.bytes.every((byte) => byte === 0);
}
