import { addressWidth, type Address, type Family } from '../../address/address.js';
import { addressFromBytes } from '../../address/from-bytes.js';
import type { Interval } from './set-driver.js';

/** 192.0.2.7 is 0xc0000207: what intervals are counted with. */
export function positionOf(bytes: Uint8Array): bigint {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length === 4
    ? BigInt(view.getUint32(0))
    : (view.getBigUint64(0) << 64n) | view.getBigUint64(8);
}

export function bytesOf(position: bigint, family: Family): Uint8Array {
  const bytes = new Uint8Array(family === 'ipv4' ? 4 : 16);
  const view = new DataView(bytes.buffer);
  if (family === 'ipv4') {
    view.setUint32(0, Number(position));
  } else {
    view.setBigUint64(0, position >> 64n);
    view.setBigUint64(8, position & 0xffff_ffff_ffff_ffffn);
  }
  return bytes;
}

/** The last address there is. */
export function lastPosition(family: Family): bigint {
  return family === 'ipv4' ? LAST_IPV4 : LAST_IPV6;
}

const LAST_IPV4 = (1n << 32n) - 1n;
const LAST_IPV6 = (1n << 128n) - 1n;

/** All addresses of a prefix. */
export function intervalOf(address: Address): Interval {
  const first = positionOf(address.bytes);
  const hostBits = addressWidth(address.family) - address.prefixLength;
  return { first, last: hostBits === 0 ? first : first + (1n << BigInt(hostBits)) - 1n };
}

/** The fewest prefixes that make up an interval, in order: .1 to .3 is .1 and .2/31. */
export function prefixesOf({ first, last }: Interval, family: Family): Address[] {
  const width = addressWidth(family);
  const prefixes: Address[] = [];
  for (let at = first; at <= last;) {
    let hostBits = 0;
    let size = 1n;
    while (hostBits < width && (at & (2n * size - 1n)) === 0n && at + 2n * size - 1n <= last) {
      size *= 2n;
      hostBits++;
    }
    prefixes.push(addressFromBytes(family, bytesOf(at, family), width - hostBits));
    at += size;
  }
  return prefixes;
}
