import { failure, success, type Result } from '../words/result.js';
import { addressWidth, isSingleAddress, type Address, type Family } from './address.js';
import { addressFromBytes } from './from-bytes.js';

/** From `first` to `last`, both included: single addresses of one family. */
export interface AddressRange {
  readonly first: Address;
  readonly last: Address;
}

/** Checks that two addresses are the ends of a range. */
export function addressRange(first: Address, last: Address): Result<AddressRange, 'bad-range'> {
  const shown = `${first.text}-${last.text}`;
  if (!isSingleAddress(first) || !isSingleAddress(last)) {
    return failure('bad-range', `the ends of the range ${shown} have to be single addresses`);
  }
  if (first.family !== last.family) {
    return failure('bad-range', `the range ${shown} begins and ends in different families`);
  }
  return numberOf(first) <= numberOf(last)
    ? success({ first, last })
    : failure('bad-range', `the range ${shown} has to start with its lower address`);
}

/** How many addresses a range holds. */
export function rangeSize({ first, last }: AddressRange): bigint {
  return numberOf(last) - numberOf(first) + 1n;
}

/** Every address of a range, from the first on: mind `rangeSize` before. */
export function rangeAddresses({ first, last }: AddressRange): Address[] {
  const addresses: Address[] = [];
  const end = numberOf(last);
  for (let next = numberOf(first); next <= end; next++) {
    addresses.push(fromNumber(first.family, next));
  }
  return addresses;
}

/**
 * The fewest prefixes that make up a range, in order: 192.0.2.1-192.0.2.6 is 192.0.2.1, 192.0.2.2/31,
 * 192.0.2.4/31 and 192.0.2.6. Never more than 62 for IPv4 and 254 for IPv6.
 */
export function rangePrefixes({ first, last }: AddressRange): Address[] {
  const { family } = first;
  const width = addressWidth(family);
  const prefixes: Address[] = [];
  const end = numberOf(last);
  let next = numberOf(first);
  while (next <= end) {
    let hostBits = 0;
    // Doubled as long as it begins where a prefix of that length may, and ends within the range.
    while (hostBits < width) {
      const size = 1n << BigInt(hostBits + 1);
      if (next % size !== 0n || next + size - 1n > end) break;
      hostBits++;
    }
    prefixes.push(fromNumber(family, next, width - hostBits));
    next += 1n << BigInt(hostBits);
  }
  return prefixes;
}

function numberOf({ bytes }: Address): bigint {
  return bytes.reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

function fromNumber(family: Family, number: bigint, prefixLength?: number): Address {
  const bytes = new Uint8Array(addressWidth(family) / 8);
  let rest = number;
  for (let index = bytes.length - 1; index >= 0; index--) {
    bytes[index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return addressFromBytes(family, bytes, prefixLength);
}
