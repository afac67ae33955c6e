import { isSingleAddress, type Address, type AddressText } from '../address/address.js';
import { addressFromBytes } from '../address/from-bytes.js';
import { parseAddress } from '../address/parse.js';
import { bytesOf, intervalOf, positionOf, type Position } from '../address/position.js';
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
  if (to === undefined) return success(endsOf(first));
  if (!isSingleAddress(first) || !isSingleAddress(last)) {
    return failure('bad-range', 'the ends of a range are single addresses: 192.0.2.1-192.0.2.9');
  }
  return positionOf(first.bytes) <= positionOf(last.bytes)
    ? success({ first: first.text, last: last.text })
    : failure('bad-range', 'a range starts with its lower address: 192.0.2.1-192.0.2.9');
}

function readIpv4(text: string): Address | undefined {
  const parsed = parseAddress(text);
  return parsed.ok && parsed.value.family === 'ipv4' ? parsed.value : undefined;
}

function endsOf(prefix: Address): BitmapRange {
  const { first, last } = intervalOf(prefix);
  const textOf = (position: Position) => addressFromBytes('ipv4', bytesOf(position, 'ipv4')).text;
  return { first: textOf(first), last: textOf(last) };
}
