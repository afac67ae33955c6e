import { isIPv6 } from 'node:net';
import ipaddr from 'ipaddr.js';
import { ipv4Bytes, readIpv4 } from './ipv4.js';

// isIPv6 also takes zone ids, and what it does with a NUL differs between versions of Node.
const IPV6_CHARACTERS = /^[0-9A-Fa-f:.]+$/;

/** Reads an IPv6 address, with or without IPv4 digits at its end, as strict as `inet_pton`. */
export function readIpv6(text: string): Uint8Array | undefined {
  if (!IPV6_CHARACTERS.test(text) || !isIPv6(text)) return undefined;
  const bytes = new Uint8Array(16);
  // toByteArray would take as long as parsing.
  const { parts } = ipaddr.IPv6.parse(withoutDots(text));
  for (let index = 0; index < parts.length; index++) {
    const word = parts[index] ?? 0;
    bytes[2 * index] = word >> 8;
    bytes[2 * index + 1] = word & 0xff;
  }
  return bytes;
}

/** ipaddr.js reads `::1.2.3.4` as `::ffff:1.2.3.4`, another host; it never gets to see dots. */
function withoutDots(text: string): string {
  if (!text.includes('.')) return text;
  const start = text.lastIndexOf(':') + 1;
  const [a = 0, b = 0, c = 0, d = 0] = ipv4Bytes(readIpv4(text.slice(start)));
  return `${text.slice(0, start)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

/** `0000:0000:0000:0000:0000:0000:0000:0000` */
const scratch = Buffer.alloc(39);
const COLON = 0x3a;
const HEXADECIMAL = Uint8Array.from(Buffer.from('0123456789abcdef'));

/**
 * RFC 5952, always hexadecimal: `::102:304`, where inet_ntop writes `::1.2.3.4`.
 *
 * Every address is written once, so not by ipaddr.js, which searches its text with regular
 * expressions; and not piece by piece, which would leave a tree of strings in memory for each.
 */
export function formatIpv6(bytes: Uint8Array): string {
  const { start, length } = longestZeros(bytes);
  // A single 0 stays (section 4.2.2).
  if (length < 2) return shown(writeWords(bytes, 0, 8, 0));
  let at = writeWords(bytes, 0, start, 0);
  scratch[at++] = COLON;
  scratch[at++] = COLON;
  return shown(writeWords(bytes, start + length, 8, at));
}

function shown(length: number): string {
  return scratch.toString('latin1', 0, length);
}

/** Counted in words of 16 bits. Of several that are as long, the first (section 4.2.3). */
function longestZeros(bytes: Uint8Array): { start: number; length: number } {
  let start = 0;
  let length = 0;
  let run = 0;
  for (let index = 0; index < 8; index++) {
    run = wordAt(bytes, index) === 0 ? run + 1 : 0;
    if (run > length) {
      start = index + 1 - run;
      length = run;
    }
  }
  return { start, length };
}

/** Writes words without leading zeros, from `at` of `scratch` on. @returns where it ends */
function writeWords(bytes: Uint8Array, from: number, to: number, at: number): number {
  for (let index = from; index < to; index++) {
    if (index > from) scratch[at++] = COLON;
    const word = wordAt(bytes, index);
    for (let shift = shiftOf(word); shift >= 0; shift -= 4) {
      scratch[at++] = HEXADECIMAL[(word >> shift) & 0xf] ?? 0;
    }
  }
  return at;
}

/** Of the first digit that is written. */
function shiftOf(word: number): number {
  if (word > 0xfff) return 12;
  if (word > 0xff) return 8;
  return word > 0xf ? 4 : 0;
}

function wordAt(bytes: Uint8Array, index: number): number {
  return ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0);
}

/** True for `::ffff:0:0/96`, where IPv6 programs write IPv4 addresses (RFC 4291, 2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}
