import { MAX_UNIX_SECONDS } from '../words/unix-time.js';
import { NEVER } from './entry-columns.js';
import { UNSAID } from './entry-end.js';

/** What the words of a line are made of, read from bytes, without making anything of them. */

export const MAX_ORIGIN_LENGTH = 128;
const MAX_DIGITS = 15;

const MINUS = 0x2d;
const ZERO = 0x30;

const word = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0));
export const UNTIL = word('until');
export const TIMEOUT = word('timeout');
export const AT = word('at');
export const ORIGIN = word('origin');
export const REASON = word('reason');
const NEVER_WORD = word('never');

export function isWord(
  bytes: Uint8Array,
  start: number,
  end: number,
  expected: Uint8Array,
): boolean {
  if (end - start !== expected.length) return false;
  for (let index = 0; index < expected.length; index++) {
    if (bytes[start + index] !== expected[index]) return false;
  }
  return true;
}

export function isBlank(code: number): boolean {
  return code === 0x20 || code === 0x09;
}

export function skipBlanks(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && isBlank(bytes[at] ?? 0)) at++;
  return at;
}

export function wordEnd(bytes: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end && !isBlank(bytes[at] ?? 0)) at++;
  return at;
}

/** `1795420000`, `never` or `-1`. @returns UNSAID for everything else */
export function readTime(bytes: Uint8Array, start: number, end: number): number {
  const isNever =
    bytes[start] === MINUS
      ? end - start === 2 && bytes[start + 1] === ZERO + 1
      : isWord(bytes, start, end, NEVER_WORD);
  if (isNever) return NEVER;
  const time = readDigits(bytes, start, end);
  return time > MAX_UNIX_SECONDS ? UNSAID : time;
}

/** @returns UNSAID where the bytes are no whole number, or one that is too long */
export function readDigits(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > MAX_DIGITS) return UNSAID;
  // In two halves, each of which the processor's whole numbers hold.
  const middle = Math.min(end, start + 9);
  const high = readFewDigits(bytes, start, middle);
  if (middle === end || high < 0) return high;
  const low = readFewDigits(bytes, middle, end);
  return low < 0 ? UNSAID : high * (SCALES[end - middle] ?? 1) + low;
}

const SCALES = [1, 10, 100, 1000, 10_000, 100_000, 1_000_000];

function readFewDigits(bytes: Uint8Array, start: number, end: number): number {
  let number = 0;
  for (let index = start; index < end; index++) {
    const digit = (bytes[index] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return UNSAID;
    number = 10 * number + digit;
  }
  return number;
}

/** As `parseOrigin` takes it: `A-Z a-z 0-9 . _ : @ -`, a letter or digit first. */
const IN_ORIGINS = new Uint8Array(256);
for (const code of word('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789')) {
  IN_ORIGINS[code] = 2;
}
for (const code of word('._:@-')) IN_ORIGINS[code] = 1;

export function isOrigin(bytes: Uint8Array, start: number, end: number): boolean {
  if (end - start > MAX_ORIGIN_LENGTH || IN_ORIGINS[bytes[start] ?? 0] !== 2) return false;
  for (let index = start + 1; index < end; index++) {
    if (IN_ORIGINS[bytes[index] ?? 0] === 0) return false;
  }
  return true;
}
