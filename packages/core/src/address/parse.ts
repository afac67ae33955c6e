import { failure, success, type Result } from '../words/result.js';
import type { Address, AddressText } from './address.js';
import { AddressReader } from './address-reader.js';
import { diagnoseAddress, diagnosePrefixLength, type AddressFault } from './diagnose.js';
import { addressFromBytes } from './from-bytes.js';
import { bytesFromWords } from './words.js';

export type { AddressFault } from './diagnose.js';

/** `0000:0000:0000:0000:0000:ffff:255.255.255.255/128` */
const MAX_ADDRESS_LENGTH = 49;
const reader = new AddressReader();
const scratch = new Uint8Array(MAX_ADDRESS_LENGTH);

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
  if (text.length > MAX_ADDRESS_LENGTH) {
    return failure(
      'too-long',
      `no address is longer than ${String(MAX_ADDRESS_LENGTH)} characters`,
    );
  }
  if (readText(text)) return success(lastRead(text));
  const slash = text.indexOf('/');
  const host = slash < 0 ? text : text.slice(0, slash);
  return slash >= 0 && readText(host)
    ? diagnosePrefixLength(text, text.slice(slash + 1), host.includes(':') ? 128 : 32)
    : diagnoseAddress(text, host);
}

function readText(text: string): boolean {
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code > 0x7f) return false;
    scratch[index] = code;
  }
  return reader.read(scratch, 0, text.length) === text.length;
}

/** The address that `reader` has read from `text`. */
function lastRead(text: string): Address {
  const { family, words, prefixLength, canonical } = reader;
  const bytes = bytesFromWords(words, 0, family === 'ipv4' ? 1 : 4);
  // Nearly always: one IPv4 address.
  return canonical
    ? { text: text as AddressText, family, bytes, prefixLength }
    : addressFromBytes(family, bytes, prefixLength);
}
