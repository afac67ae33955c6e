import { align, LITTLE_ENDIAN, viewOf } from './byte-order.js';
import { malformed } from './error.js';
import { NLA_HDRLEN, NLA_TYPE_MASK } from './linux-netlink.js';

/** Attributes by type, flags taken off. Where a type comes twice, the last one counts, as in the kernel. */
export type Attributes = ReadonlyMap<number, Uint8Array>;

/**
 * Calls back for each attribute, in order: `08 00 06 40 00 00 02 58` is type 6, `00 00 02 58`.
 *
 * @throws NetlinkError where a length leads outside of `bytes`
 */
export function eachAttribute(
  bytes: Uint8Array,
  visit: (type: number, data: Uint8Array) => void,
): void {
  walkAttributes(viewOf(bytes), 0, bytes.length, (type, start, end) => {
    visit(type, bytes.subarray(start, end));
  });
}

/**
 * As `eachAttribute` for a part of a message, and without making an object: for lists of hundreds
 * of thousands. `start` and `end` are where an attribute's data begins and ends.
 */
export function walkAttributes(
  view: DataView,
  from: number,
  to: number,
  visit: (type: number, start: number, end: number) => void,
): void {
  let at = from;
  while (at < to) {
    if (to - at < NLA_HDRLEN) throw malformed('an attribute is cut off in its header');
    const length = view.getUint16(at, LITTLE_ENDIAN);
    const type = view.getUint16(at + 2, LITTLE_ENDIAN) & NLA_TYPE_MASK;
    if (length < NLA_HDRLEN || at + length > to) {
      throw malformed(`attribute ${type} claims ${length} bytes of ${to - at}`);
    }
    visit(type, at + NLA_HDRLEN, at + length);
    at += align(length);
  }
}

/** What the attribute that starts at `start` says of its length, header included. */
export function readAttributeLength(bytes: Uint8Array, start: number): number {
  return viewOf(bytes).getUint16(start, LITTLE_ENDIAN);
}

/** @throws NetlinkError as `eachAttribute` */
export function readAttributes(bytes: Uint8Array): Attributes {
  const attributes = new Map<number, Uint8Array>();
  eachAttribute(bytes, (type, data) => attributes.set(type, data));
  return attributes;
}

// What an attribute holds. All throw NetlinkError where its length is not what its kind needs.

export function readU8(data: Uint8Array): number {
  return exactly(data, 1).getUint8(0);
}

/** In the machine's byte order. */
export function readU32(data: Uint8Array): number {
  return exactly(data, 4).getUint32(0, LITTLE_ENDIAN);
}

export function readBe16(data: Uint8Array): number {
  return exactly(data, 2).getUint16(0);
}

export function readBe32(data: Uint8Array): number {
  return exactly(data, 4).getUint32(0);
}

export function readBe64(data: Uint8Array): bigint {
  return exactly(data, 8).getBigUint64(0);
}

/** Up to the NUL, or to the end where there is none. */
export function readString(data: Uint8Array): string {
  const nul = data.indexOf(0);
  return Buffer.from(nul < 0 ? data : data.subarray(0, nul)).toString('utf8');
}

function exactly(data: Uint8Array, length: number): DataView {
  if (data.length !== length) {
    throw malformed(`a number of ${length} bytes came with ${data.length}`);
  }
  return viewOf(data);
}
