import type { Address } from './address.js';
import { addressFromBytes } from './from-bytes.js';

/** True where every address of `inner` lies in `outer`; an address contains itself. */
export function containsAddress(outer: Address, inner: Address): boolean {
  return (
    outer.family === inner.family &&
    outer.prefixLength <= inner.prefixLength &&
    sharesPrefix(outer.bytes, inner.bytes, outer.prefixLength)
  );
}

/** True where some address lies in both; of two prefixes that overlap one contains the other. */
export function overlaps(one: Address, other: Address): boolean {
  return (
    one.family === other.family &&
    sharesPrefix(one.bytes, other.bytes, Math.min(one.prefixLength, other.prefixLength))
  );
}

/** Widens an address to a prefix; one that is as wide already comes back as it is. */
export function maskAddress(address: Address, prefixLength: number): Address {
  return prefixLength >= address.prefixLength
    ? address
    : addressFromBytes(address.family, address.bytes, prefixLength);
}

/** Sorts IPv4 before IPv6, then by number, then the wider prefix first. */
export function compareAddresses(one: Address, other: Address): number {
  if (one.family !== other.family) return one.family === 'ipv4' ? -1 : 1;
  for (let index = 0; index < one.bytes.length; index++) {
    const difference = (one.bytes[index] ?? 0) - (other.bytes[index] ?? 0);
    if (difference !== 0) return difference;
  }
  return one.prefixLength - other.prefixLength;
}

function sharesPrefix(one: Uint8Array, other: Uint8Array, prefixLength: number): boolean {
  const whole = prefixLength >>> 3;
  for (let index = 0; index < whole; index++) if (one[index] !== other[index]) return false;
  const rest = prefixLength & 7;
  if (rest === 0) return true;
  return (((one[whole] ?? 0) ^ (other[whole] ?? 0)) & (0xff00 >>> rest) & 0xff) === 0;
}
