import { isSingleAddress, type Address, type AddressText } from '../address/address.js';
import { addressFromBytes } from '../address/from-bytes.js';
import { parseAddress } from '../address/parse.js';
import { failure, success, type Result } from '../words/result.js';

/** The addresses that a bitmap:ip covers, both ends included. */
export interface BitmapRange {
  readonly first: AddressText;
  readonly last: AddressText;
}

/** Reads `192.0.2.0/24` or `192.0.2.1-192.0.2.9`: IPv4 only, as bitmap:ip is. */
export function parseBitmapRange(text: string): Result<BitmapRange, 'bad-range'> {
  const [from = '', to, ...rest] = text.split('-');
  const first = readIpv4(from);
  const last = to === undefined ? first : readIpv4(to);
  if (first === undefined || last === undefined || rest.length > 0) {
    return failure('bad-range', 'a range is written 192.0.2.0/24 or 192.0.2.1-192.0.2.9');
  }
  if (to === undefined) return success({ first: firstOf(first), last: lastOf(first) });
  if (!isSingleAddress(first) || !isSingleAddress(last)) {
    return failure('bad-range', 'the ends of a range are single addresses: 192.0.2.1-192.0.2.9');
  }
  return ipv4Number(first) <= ipv4Number(last)
    ? success({ first: first.text, last: last.text })
    : failure('bad-range', 'a range starts with its lower address: 192.0.2.1-192.0.2.9');
}

/** An IPv4 address as an unsigned number. */
export function ipv4Number(address: Address): number {
  return address.bytes.reduce((number, byte) => number * 256 + byte, 0);
}

function readIpv4(text: string): Address | undefined {
  const parsed = parseAddress(text);
  return parsed.ok && parsed.value.family === 'ipv4' ? parsed.value : undefined;
}

function firstOf(prefix: Address): AddressText {
  return addressFromBytes('ipv4', prefix.bytes).text;
}

function lastOf(prefix: Address): AddressText {
  const hostBits = (index: number): number => 0xff >> clamp(prefix.prefixLength - index * 8);
  return addressFromBytes(
    'ipv4',
    prefix.bytes.map((byte, index) => byte | hostBits(index)),
  ).text;
}

function clamp(bits: number): number {
  return Math.min(8, Math.max(0, bits));
}
