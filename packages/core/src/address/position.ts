import { addressWidth, type Address, type Family } from './address.js';
import type { AddressColumns } from './address-columns.js';
import { wordFromBytes } from './words.js';

/**
 * An address as a number: 192.0.2.7 is 0xc0000207. What intervals are counted with; those of one
 * family are compared with each other only. A number for IPv4, since a bigint costs many times as
 * much and block lists of prefixes are IPv4; a bigint for IPv6.
 */
export type Position = number | bigint;

/** Addresses as numbers, both ends included. */
export interface Interval {
  readonly first: Position;
  readonly last: Position;
}

export function positionOf(bytes: Uint8Array): Position {
  if (bytes.length === 4) {
    // Without a DataView, which costs more than the reading.
    return wordFromBytes(bytes, 0);
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}

export function bytesOf(position: Position, family: Family): Uint8Array {
  const bytes = new Uint8Array(family === 'ipv4' ? 4 : 16);
  const view = new DataView(bytes.buffer);
  if (family === 'ipv4') {
    view.setUint32(0, Number(position));
  } else {
    const wide = BigInt(position);
    view.setBigUint64(0, wide >> 64n);
    view.setBigUint64(8, wide & 0xffff_ffff_ffff_ffffn);
  }
  return bytes;
}

/** The last address there is. */
export function lastPosition(family: Family): Position {
  return family === 'ipv4' ? LAST_IPV4 : LAST_IPV6;
}

const LAST_IPV4 = 0xffff_ffff;
const LAST_IPV6 = (1n << 128n) - 1n;

/** The address behind one; behind the last, a position that no address has. */
export function after(position: Position): Position {
  return typeof position === 'number' ? position + 1 : position + 1n;
}

/** The address in front of one. */
export function before(position: Position): Position {
  return typeof position === 'number' ? position - 1 : position - 1n;
}

/** The last address of a prefix that starts at `first`. */
function lastOf(first: Position, hostBits: number): Position {
  return typeof first === 'number'
    ? first + (IPV4_SIZES[hostBits] ?? 0) - 1
    : first + (1n << BigInt(hostBits)) - 1n;
}

/** 1, 2, 4, …: looked up, since `**` takes longer than the rest of the planning. */
const IPV4_SIZES = Array.from({ length: 33 }, (_, hostBits) => 2 ** hostBits);

/** Writes an address to `words[offset]` and behind. */
export function writePosition(position: Position, words: Uint32Array, offset: number): void {
  if (typeof position === 'number') {
    words[offset] = position;
    return;
  }
  let rest = position;
  for (let part = 3; part >= 0; part--) {
    words[offset + part] = Number(rest & 0xffff_ffffn);
    rest >>= 32n;
  }
}

/** The first address of one row of columns. */
export function positionAt({ family, words }: AddressColumns, row: number): Position {
  if (family === 'ipv4') return words[row] ?? 0;
  let position = 0n;
  for (let part = 4 * row; part < 4 * row + 4; part++) {
    position = (position << 32n) | BigInt(words[part] ?? 0);
  }
  return position;
}

/** Whether a prefix of this length can start here: its host bits are clear. */
export function isPrefixStart(first: Position, prefixLength: number): boolean {
  return typeof first === 'number'
    ? first % (IPV4_SIZES[32 - prefixLength] ?? 1) === 0
    : (first & ((1n << BigInt(128 - prefixLength)) - 1n)) === 0n;
}

/** The last address of a prefix. */
export function lastOfPrefix(first: Position, prefixLength: number): Position {
  return lastOf(first, (typeof first === 'number' ? 32 : 128) - prefixLength);
}

/** All addresses of a prefix. */
export function intervalOf({ bytes, family, prefixLength }: Address): Interval {
  const first = positionOf(bytes);
  return { first, last: lastOf(first, addressWidth(family) - prefixLength) };
}

/** The addresses of one prefix. */
export interface Prefix extends Interval {
  readonly prefixLength: number;
}

/**
 * The fewest prefixes that make up an interval, in order: 192.0.2.1-192.0.2.6 is 192.0.2.1,
 * 192.0.2.2/31, 192.0.2.4/31 and 192.0.2.6. Never more than 62 for IPv4 and 254 for IPv6.
 */
export function prefixesOf({ first, last }: Interval, family: Family): Prefix[] {
  const width = addressWidth(family);
  const prefixes: Prefix[] = [];
  for (let start = first; start <= last;) {
    const bytes = bytesOf(start, family);
    let hostBits = 0;
    while (
      hostBits < width &&
      isClear(bytes, width - hostBits - 1) &&
      lastOf(start, hostBits + 1) <= last
    ) {
      hostBits++;
    }
    const end = lastOf(start, hostBits);
    prefixes.push({ first: start, last: end, prefixLength: width - hostBits });
    start = after(end);
  }
  return prefixes;
}

/** @param bit counted from the front */
function isClear(bytes: Uint8Array, bit: number): boolean {
  return ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0;
}
