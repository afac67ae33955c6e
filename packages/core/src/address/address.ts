import type { Brand } from '../words/brand.js';

/** Canonical text of an address or prefix: RFC 5952, host bits cleared, no `/32` or `/128`. */
export type AddressText = Brand<string, 'AddressText'>;

/** The family of an address, and of a set. */
export type Family = 'ipv4' | 'ipv6';

/** One IPv4/IPv6 address or CIDR prefix, checked and canonical. Made by `parseAddress` or `addressFromBytes`. */
export interface Address {
  readonly text: AddressText;
  readonly family: Family;
  /** Network byte order, host bits cleared: 4 bytes for IPv4, 16 for IPv6. */
  readonly bytes: Uint8Array;
  /** 0 to 32 for IPv4, 0 to 128 for IPv6; the full width for a single address. */
  readonly prefixLength: number;
}

/** The bits of an address: 32 or 128. */
export function addressWidth(family: Family): 32 | 128 {
  return family === 'ipv4' ? 32 : 128;
}

/** True for `192.0.2.7`, false for `192.0.2.0/24`. */
export function isSingleAddress(address: Address): boolean {
  return address.prefixLength === addressWidth(address.family);
}
