import { endianness } from 'node:os';

/** Netlink's own numbers have the machine's byte order; for the last argument of DataView calls. */
export const LITTLE_ENDIAN = endianness() === 'LE';

/** Rounds up to where the next message or attribute starts: NLMSG_ALIGN, NLA_ALIGN. */
export function align(length: number): number {
  return (length + 3) & ~3;
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
