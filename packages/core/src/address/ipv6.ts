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

/**
 * RFC 5952, always hexadecimal: `::102:304`, where inet_ntop writes `::1.2.3.4`.
 *
 * Every address is written once, so not by ipaddr.js, which searches its text with regular expressions.
 */
export function formatIpv6(bytes: Uint8Array): string {
  const { start, length } = longestZeros(bytes);
  // A single 0 stays (section 4.2.2).
  if (length < 2) return hexadecimal(bytes, 0, 8);
  return `${hexadecimal(bytes, 0, start)}::${hexadecimal(bytes, start + length, 8)}`;
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

function hexadecimal(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let index = from; index < to; index++) {
    if (index > from) text += ':';
    text += wordAt(bytes, index).toString(16);
  }
  return text;
}

function wordAt(bytes: Uint8Array, index: number): number {
  return ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0);
}

/** True for `::ffff:0:0/96`, where IPv6 programs write IPv4 addresses (RFC 4291, 2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}
