import { failure, success, type Result } from '../words/result.js';
import { isSingleAddress, type Address } from './address.js';
import { addressFromBytes } from './from-bytes.js';
import { after, bytesOf, positionOf, prefixesOf } from './position.js';

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
  return positionOf(first.bytes) <= positionOf(last.bytes)
    ? success({ first, last })
    : failure('bad-range', `the range ${shown} has to start with its lower address`);
}

/** How many addresses a range holds. */
export function rangeSize({ first, last }: AddressRange): bigint {
  return BigInt(positionOf(last.bytes)) - BigInt(positionOf(first.bytes)) + 1n;
}

/** Every address of a range, from the first on: mind `rangeSize` before. */
export function rangeAddresses({ first, last }: AddressRange): Address[] {
  const { family } = first;
  const addresses: Address[] = [];
  const end = positionOf(last.bytes);
  for (let next = positionOf(first.bytes); next <= end; next = after(next)) {
    addresses.push(addressFromBytes(family, bytesOf(next, family)));
  }
  return addresses;
}

/** The fewest prefixes that make up a range, in order. */
export function rangePrefixes({ first, last }: AddressRange): Address[] {
  const interval = { first: positionOf(first.bytes), last: positionOf(last.bytes) };
  const { family } = first;
  return prefixesOf(interval, family).map((prefix) =>
    addressFromBytes(family, bytesOf(prefix.first, family), prefix.prefixLength),
  );
}
