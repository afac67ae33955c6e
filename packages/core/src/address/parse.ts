import { failure, success, type Failure, type Result } from '../words/result.js';
import { addressFromBytes } from './from-bytes.js';
import type { Address, AddressText } from './address.js';
import { diagnoseAddress, diagnosePrefixLength, type AddressFault } from './diagnose.js';
import { ipv4Bytes, readIpv4 } from './ipv4.js';
import { isIpv4Mapped, readIpv6 } from './ipv6.js';

export type { AddressFault } from './diagnose.js';

/** `0000:0000:0000:0000:0000:ffff:255.255.255.255/128` */
const MAX_ADDRESS_LENGTH = 49;
const PREFIX_LENGTH = /^(?:0|[1-9]\d{0,2})$/;

/**
 * Reads one address or CIDR prefix, as strict as `inet_pton`, and brings it to its canonical form:
 * RFC 5952, host bits cleared, no `/32` or `/128`. White space around it is the caller's to remove.
 *
 * An IPv4-mapped IPv6 address (`::ffff:192.0.2.7`, or a prefix of it from /96 on) becomes the IPv4
 * address, since that is the host which it names on the wire: a set of IPv6 addresses would never
 * match its packets.
 *
 * @returns the address; or why it is none, with a sentence that is safe to print
 */
export function parseAddress(text: string): Result<Address, AddressFault> {
  // Most of all that ever comes is one IPv4 address.
  const ipv4 = text.length <= MAX_ADDRESS_LENGTH ? readIpv4Address(text) : undefined;
  if (ipv4 !== undefined) return success(ipv4);
  if (text.length > MAX_ADDRESS_LENGTH) {
    return failure(
      'too-long',
      `no address is longer than ${String(MAX_ADDRESS_LENGTH)} characters`,
    );
  }
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  const prefix = slash < 0 ? undefined : text.slice(slash + 1);
  return host.includes(':') ? parseIpv6(text, host, prefix) : parseIpv4Prefix(text, host, prefix);
}

/** Reads one IPv4 address, whose text is canonical as it is; undefined for everything else. */
export function readIpv4Address(text: string): Address | undefined {
  const address = readIpv4(text);
  return address < 0
    ? undefined
    : {
        text: text as AddressText,
        family: 'ipv4',
        bytes: ipv4Bytes(address),
        prefixLength: 32,
      };
}

function parseIpv4Prefix(
  text: string,
  host: string,
  prefix: string | undefined,
): Result<Address, AddressFault> {
  const address = readIpv4(host);
  if (address < 0) return diagnoseAddress(text, host);
  const prefixLength = readPrefixLength(text, prefix, 32);
  if (typeof prefixLength !== 'number') return prefixLength;
  return success(addressFromBytes('ipv4', ipv4Bytes(address), prefixLength));
}

function parseIpv6(
  text: string,
  host: string,
  prefix: string | undefined,
): Result<Address, AddressFault> {
  const bytes = readIpv6(host);
  if (bytes === undefined) return diagnoseAddress(text, host);
  const prefixLength = readPrefixLength(text, prefix, 128);
  if (typeof prefixLength !== 'number') return prefixLength;
  return success(
    prefixLength >= 96 && isIpv4Mapped(bytes)
      ? addressFromBytes('ipv4', bytes.subarray(12), prefixLength - 96)
      : addressFromBytes('ipv6', bytes, prefixLength),
  );
}

function readPrefixLength(
  text: string,
  prefix: string | undefined,
  width: 32 | 128,
): number | Failure<AddressFault> {
  if (prefix === undefined) return width;
  const prefixLength = PREFIX_LENGTH.test(prefix) ? Number(prefix) : Infinity;
  return prefixLength <= width ? prefixLength : diagnosePrefixLength(text, prefix, width);
}
