import { VallumError } from '../words/errors.js';
import { addressWidth, type Address, type AddressText, type Family } from './address.js';
import { formatIpv4 } from './ipv4.js';
import { formatIpv6 } from './ipv6.js';

/**
 * Makes an address from network byte order, clearing host bits. The family stays as given: an
 * IPv4-mapped entry of an IPv6 set remains what the kernel holds.
 *
 * @throws VallumError `INVALID_ARGUMENT` where length and family do not fit each other
 */
export function addressFromBytes(
  family: Family,
  bytes: Uint8Array,
  prefixLength: number = addressWidth(family),
): Address {
  const width = addressWidth(family);
  if (bytes.length * 8 !== width || !isPrefixLength(prefixLength, width)) {
    throw new VallumError(
      `${family} takes ${String(width / 8)} bytes and a prefix length of 0 to ${String(width)}, not ` +
        `${String(bytes.length)} bytes and /${String(prefixLength)}`,
      { code: 'INVALID_ARGUMENT', operation: 'addressFromBytes' },
    );
  }
  const network = clearHostBits(bytes, prefixLength);
  const host = family === 'ipv4' ? formatIpv4(network) : formatIpv6(network);
  const text = prefixLength === width ? host : `${host}/${String(prefixLength)}`;
  return { text: text as AddressText, family, bytes: network, prefixLength };
}

function isPrefixLength(prefixLength: number, width: number): boolean {
  return Number.isInteger(prefixLength) && prefixLength >= 0 && prefixLength <= width;
}

function clearHostBits(bytes: Uint8Array, prefixLength: number): Uint8Array {
  const network = new Uint8Array(bytes.length);
  const whole = prefixLength >>> 3;
  // A loop: subarray and set cost more than all the rest, and sets hold a million of these.
  for (let index = 0; index < whole; index++) network[index] = bytes[index] ?? 0;
  const rest = prefixLength & 7;
  if (rest > 0) network[whole] = (bytes[whole] ?? 0) & (0xff00 >>> rest);
  return network;
}
