import { isIPv6 } from 'node:net';
import { readIpv4 } from './ipv4.js';

// isIPv6 also takes zone ids, and what it does with a NUL differs between versions of Node.
const IPV6_CHARACTERS = /^[0-9A-Fa-f:.]+$/;
const LENGTH = 16;

/**
 * Reads an IPv6 address, with or without IPv4 digits at its end, as strict as `inet_pton`.
 *
 * By hand: ipaddr.js takes twice as long, and reads `::1.2.3.4` as another host.
 */
export function readIpv6(text: string): Uint8Array | undefined {
  if (!IPV6_CHARACTERS.test(text) || !isIPv6(text)) return undefined;
  // What follows relies on isIPv6: at most one `::`, groups of one to four digits, the right number.
  const bytes = new Uint8Array(LENGTH);
  let at = 0;
  let gapAt = -1;
  let group = 0;
  let digits = 0;
  for (let index = 0; index < text.length; index++) {
    const code = text.charCodeAt(index);
    if (code === DOT) {
      at = writeIpv4(bytes, at, readIpv4(text, index - digits));
      digits = 0;
      break;
    }
    if (code !== COLON) {
      group = group * 16 + hexDigit(code);
      digits++;
      continue;
    }
    if (digits > 0) at = writeGroup(bytes, at, group);
    else gapAt = at;
    group = 0;
    digits = 0;
  }
  if (digits > 0) at = writeGroup(bytes, at, group);
  if (gapAt >= 0 && at < LENGTH) {
    bytes.copyWithin(LENGTH - (at - gapAt), gapAt, at);
    bytes.fill(0, gapAt, gapAt + LENGTH - at);
  }
  return bytes;
}

/**
 * RFC 5952: no leading zeros, `::` for the longest run of two zero groups or more, the first of
 * equal ones. Always hexadecimal: `::102:304`, where inet_ntop writes `::1.2.3.4`.
 */
export function formatIpv6(bytes: Uint8Array): string {
  let gapAt = -1;
  let gapLength = 1;
  for (let start = 0; start < LENGTH / 2; start++) {
    let length = 0;
    while (start + length < LENGTH / 2 && groupAt(bytes, start + length) === 0) length++;
    if (length > gapLength) {
      gapAt = start;
      gapLength = length;
    }
    start += length;
  }
  let text = '';
  for (let index = 0; index < LENGTH / 2; index++) {
    if (index === gapAt) {
      text += '::';
      index += gapLength - 1;
      continue;
    }
    if (text !== '' && !text.endsWith('::')) text += ':';
    text += groupAt(bytes, index).toString(16);
  }
  return text;
}

/** True for `::ffff:0:0/96`, where IPv6 programs write IPv4 addresses (RFC 4291, 2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  for (let index = 0; index < 10; index++) if (bytes[index] !== 0) return false;
  return bytes[10] === 0xff && bytes[11] === 0xff;
}

function groupAt(bytes: Uint8Array, index: number): number {
  return ((bytes[2 * index] ?? 0) << 8) | (bytes[2 * index + 1] ?? 0);
}

/** @returns where the next group goes */
function writeGroup(bytes: Uint8Array, at: number, group: number): number {
  bytes[at] = group >>> 8;
  bytes[at + 1] = group;
  return at + 2;
}

function writeIpv4(bytes: Uint8Array, at: number, address: number): number {
  return writeGroup(bytes, writeGroup(bytes, at, address >>> 16), address & 0xffff);
}

/** Of a character that is one: `a` and `A` are 10. */
function hexDigit(code: number): number {
  return code <= NINE ? code - ZERO : (code | LOWER_CASE) - LOWER_A + 10;
}

const COLON = 0x3a;
const DOT = 0x2e;
const ZERO = 0x30;
const NINE = 0x39;
const LOWER_A = 0x61;
const LOWER_CASE = 0x20;
