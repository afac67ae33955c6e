import { addressFromBytes } from '../address/from-bytes.js';
import type { ProtectedEntry } from './protect-list.js';

/**
 * Never to be banned on any host, since no attacker sends from there: a packet with such a source
 * comes from the host itself, from its own link, or is forged.
 *
 * Link-local addresses belong to the link: routers and neighbours answer from them, IPv6 does not
 * work without, and clouds serve names, time and metadata from 169.254.169.254.
 */
export const ALWAYS_PROTECTED: readonly ProtectedEntry[] = /* @__PURE__ */ list();

/** From bytes: reading IPv6 text for the first time makes Node compile a pattern for 20 ms. */
function list(): ProtectedEntry[] {
  return [
    ipv4([127], 8, 'loopback'),
    ipv4([0], 8, 'unspecified'),
    ipv4([169, 254], 16, 'link-local'),
    ipv4([224], 4, 'multicast'),
    ipv4([255, 255, 255, 255], 32, 'broadcast'),
    ipv6([0, 1], 128, 'loopback'),
    ipv6([0, 0], 128, 'unspecified'),
    ipv6([0xfe80, 0], 10, 'link-local'),
    ipv6([0xff00, 0], 8, 'multicast'),
  ];
}

function ipv4(first: readonly number[], prefixLength: number, because: string): ProtectedEntry {
  const bytes = new Uint8Array(4);
  bytes.set(first);
  return { address: addressFromBytes('ipv4', bytes, prefixLength), because };
}

/** From the first two bytes and the last one. */
function ipv6(
  [first, last]: readonly [number, number],
  prefixLength: number,
  because: string,
): ProtectedEntry {
  const bytes = new Uint8Array(16);
  bytes[0] = first >>> 8;
  bytes[1] = first;
  bytes[15] = last;
  return { address: addressFromBytes('ipv6', bytes, prefixLength), because };
}
