import type { Address } from '../address/address.js';
import { containsAddress } from '../address/contain.js';
import { addressFromBytes } from '../address/from-bytes.js';

/**
 * IPv4 networks that mean another host wherever one looks, or none: private ones (RFC 1918), those
 * behind a carrier's NAT (RFC 6598), of the host or the link itself, for benchmarks (RFC 2544), and what
 * is no address of a host.
 */
const NOT_GLOBAL: readonly Address[] = /* @__PURE__ */ [
  ...[ipv4([0], 8), ipv4([10], 8), ipv4([100, 64], 10), ipv4([127], 8), ipv4([169, 254], 16)],
  ...[ipv4([172, 16], 12), ipv4([192, 0, 0], 24), ipv4([192, 168], 16), ipv4([198, 18], 15)],
  ...[ipv4([224], 4), ipv4([240], 4)],
];

/** Of IPv6, 2000::/3 alone is given out. */
const GLOBAL_IPV6 = /* @__PURE__ */ addressFromBytes('ipv6', firstByte(0x20), 3);

/** Whether an address means the same host everywhere. */
export function isGlobal(address: Address): boolean {
  if (address.family === 'ipv6') return containsAddress(GLOBAL_IPV6, address);
  return !NOT_GLOBAL.some((network) => containsAddress(network, address));
}

function ipv4(first: readonly number[], prefixLength: number): Address {
  const bytes = new Uint8Array(4);
  bytes.set(first);
  return addressFromBytes('ipv4', bytes, prefixLength);
}

function firstByte(byte: number): Uint8Array {
  const bytes = new Uint8Array(16);
  bytes[0] = byte;
  return bytes;
}
