import { addressWidth, type Address, type Family } from './address.js';
import { addressFromBytes } from './from-bytes.js';
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

/** All addresses of a prefix. */
export function intervalOf({ bytes, family, prefixLength }: Address): Interval {
  const first = positionOf(bytes);
  return { first, last: lastOf(first, addressWidth(family) - prefixLength) };
}

/**
 * The fewest prefixes that make up an interval, in order: 192.0.2.1-192.0.2.6 is 192.0.2.1,
 * 192.0.2.2/31, 192.0.2.4/31 and 192.0.2.6. Never more than 62 for IPv4 and 254 for IPv6.
 */
export function prefixesOf({ first, last }: Interval, family: Family): Address[] {
  const width = addressWidth(family);
  const prefixes: Address[] = [];
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
    prefixes.push(addressFromBytes(family, bytes, width - hostBits));
    start = after(lastOf(start, hostBits));
  }
  return prefixes;
}

/** @param bit counted from the front */
function isClear(bytes: Uint8Array, bit: number): boolean {
  return ((bytes[bit >> 3] ?? 0) & (0x80 >> (bit & 7))) === 0;
}
