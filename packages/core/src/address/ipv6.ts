import { readIpv4 } from './ipv4.js';

const DOT = 0x2e;
const COLON = 0x3a;
const GROUPS = 8;

/** What a byte is worth as a hexadecimal digit; -1: it is none. */
const DIGITS = new Int8Array(256).fill(-1);
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16);
  DIGITS[digit.charCodeAt(0)] = value;
  DIGITS[digit.toUpperCase().charCodeAt(0)] = value;
}

const groups = new Uint16Array(GROUPS);

/**
 * Reads an IPv6 address, with or without IPv4 digits at its end, as strict as `inet_pton`: no zone
 * id, at most four digits a group, one `::`, which stands for at least one group.
 *
 * @param words where the address goes: four numbers of 32 bits, the most significant first
 */
export function readIpv6(
  bytes: Uint8Array,
  start: number,
  end: number,
  words: Uint32Array,
): boolean {
  let read = 0;
  // How many groups stand in front of the `::`.
  let gap = -1;
  let at = start;
  if (bytes[at] === COLON) {
    if (at + 1 >= end || bytes[at + 1] !== COLON) return false;
    gap = 0;
    at += 2;
  }
  while (at < end) {
    const from = at;
    let value = 0;
    for (; at < end; at++) {
      const digit = DIGITS[bytes[at] ?? 0] ?? -1;
      if (digit < 0) break;
      if (at - from === 4) return false;
      value = (value << 4) | digit;
    }
    if (at < end && bytes[at] === DOT) {
      // `::ffff:192.0.2.7`: the last two groups in decimal.
      const ipv4 = readIpv4(bytes, from, end);
      if (ipv4 < 0 || read > GROUPS - 2) return false;
      groups[read++] = ipv4 >>> 16;
      groups[read++] = ipv4;
      break;
    }
    if (at === from || read === GROUPS) return false;
    groups[read++] = value;
    if (at === end) break;
    if (bytes[at] !== COLON) return false;
    at++;
    if (at === end) return false;
    if (bytes[at] === COLON) {
      if (gap >= 0) return false;
      gap = read;
      at++;
    }
  }
  if (gap < 0 ? read !== GROUPS : read === GROUPS) return false;
  fillGap(gap, read);
  for (let word = 0; word < 4; word++) {
    words[word] = (((groups[2 * word] ?? 0) << 16) | (groups[2 * word + 1] ?? 0)) >>> 0;
  }
  return true;
}

/** Moves the groups behind the `::` to the end, and writes zeros between. */
function fillGap(gap: number, read: number): void {
  if (gap < 0) return;
  const moved = read - gap;
  for (let index = 1; index <= moved; index++) groups[GROUPS - index] = groups[read - index] ?? 0;
  for (let index = gap; index < GROUPS - moved; index++) groups[index] = 0;
}

/** `0000:0000:0000:0000:0000:0000:0000:0000` */
const scratch = Buffer.alloc(39);
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
