import type { Address } from '../address/address.js';
import { readIpv4Address } from '../address/parse.js';

const SHORTEST = '0.0.0.0'.length;
const LONGEST = '255.255.255.255'.length;

/**
 * Reads a payload that is one IPv4 address and nothing else, as nearly all are: a third of the time
 * that it takes to look for lines, JSON and UTF-8 first.
 *
 * @returns undefined for everything else, good or bad
 */
export function readBareAddress(payload: Uint8Array): Address | undefined {
  const { length } = payload;
  if (length < SHORTEST || length > LONGEST) return undefined;
  const bytes =
    payload instanceof Buffer ? payload : Buffer.from(payload.buffer, payload.byteOffset, length);
  // Where a byte is none of ASCII's it is no digit either.
  return readIpv4Address(bytes.toString('latin1'));
}
