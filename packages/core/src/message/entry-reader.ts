import type { Family } from '../address/address.js';
import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import { AddressReader } from '../address/address-reader.js';
import { addressFromBytes } from '../address/from-bytes.js';
import { bytesFromWords } from '../address/words.js';
import type { Origin } from '../words/names.js';
import { failure, type Failure } from '../words/result.js';
import { MAX_UNIX_SECONDS } from '../words/unix-time.js';
import { NEVER } from './entry-columns.js';
import { UNSAID } from './entry-end.js';
import { MAX_LINE_LENGTH, parseEntryLine } from './entry-line.js';
import { MAX_REASON_LENGTH, MIN_STAMP, toColumn, type Entry, type EntryFault } from './entry.js';
import {
  AT,
  isBlank,
  isOrigin,
  isWord,
  ORIGIN,
  readDigits,
  readTime,
  REASON,
  skipBlanks,
  TIMEOUT,
  UNTIL,
  wordEnd,
} from './line-bytes.js';
import { decodeUtf8 } from './payload.js';
import { TextReader } from './text-reader.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** `#readLine`: these bytes are for `parseEntryLine`. */
const NOT_READ = -2;

/**
 * Reads entries one after another; what the last one said stands in the fields, so that a million of
 * them leave nothing behind.
 *
 * There is one grammar, that of `parseEntryLine`. What nearly all lines are made of is read from the
 * bytes as they are; a line that holds anything else, good or bad, goes to `parseEntryLine`.
 */
export class EntryReader {
  readonly #address = new AddressReader();
  readonly #origins = new TextReader();
  readonly #reasons = new TextReader();
  /** What stood behind the last address that was read from bytes, which the fields still say. */
  readonly #tail = new Uint8Array(MAX_LINE_LENGTH);
  #tailLength = -1;
  /** How much of it stood behind the end of the ban, where that came first; or -1. */
  #restLength = -1;
  /** Unix seconds, NEVER or UNSAID. */
  until = UNSAID;
  /** Seconds, NEVER or UNSAID. */
  timeoutSeconds = UNSAID;
  /** Unix milliseconds, or UNSAID. */
  stamp = UNSAID;
  /** '': anonymous */
  origin = '';
  /** '': none */
  reason = '';

  /** Of the address that was read last. */
  get family(): Family {
    return this.#address.family;
  }

  /** Of IPv4 the first alone counts. */
  get words(): Uint32Array {
    return this.#address.words;
  }

  /** Of the address that was read last: 0 to 32 for IPv4, 0 to 128 for IPv6. */
  get prefixLength(): number {
    return this.#address.prefixLength;
  }

  /** How many bytes of the line are its address as Vallum writes it; 0: it writes it otherwise. */
  canonicalLength = 0;

  /**
   * Reads one line, without the white space around it and its end.
   *
   * @returns undefined where it is an entry, or else what is wrong with it
   */
  readLine(
    bytes: Uint8Array,
    start: number,
    end: number,
  ): Failure<EntryFault | 'not-utf8'> | undefined {
    if (end - start <= MAX_LINE_LENGTH && this.#readBytes(bytes, start, end)) return undefined;
    const text = decodeUtf8(bytes.subarray(start, end));
    if (text === undefined) {
      return failure('not-utf8', 'the line is no UTF-8: send plain ASCII or UTF-8');
    }
    const entry = parseEntryLine(text);
    if (!entry.ok) return entry;
    this.take(entry.value);
    return undefined;
  }

  /** Takes an entry that something else has read. */
  take(entry: Entry): void {
    const { address } = entry;
    this.#tailLength = -1;
    this.#address.family = address.family;
    this.#address.prefixLength = address.prefixLength;
    this.canonicalLength = 0;
    writeWords(address, this.#address.words, 0);
    this.until = toColumn(entry.until);
    this.timeoutSeconds = toColumn(entry.timeoutSeconds);
    this.stamp = entry.stamp ?? UNSAID;
    this.origin = entry.origin ?? '';
    this.reason = entry.reason ?? '';
  }

  /** What was read last as an object. */
  toEntry(): Entry {
    const { family, words, prefixLength, until, timeoutSeconds, stamp, origin, reason } = this;
    const bytes = bytesFromWords(words, 0, wordsPerAddress(family));
    return {
      address: addressFromBytes(family, bytes, prefixLength),
      ...(until === UNSAID ? {} : { until: fromColumn(until) }),
      ...(timeoutSeconds === UNSAID ? {} : { timeoutSeconds: fromColumn(timeoutSeconds) }),
      // It was checked when it was read.
      ...(origin === '' ? {} : { origin: origin as Origin }),
      ...(stamp === UNSAID ? {} : { stamp }),
      ...(reason === '' ? {} : { reason }),
    };
  }

  #readBytes(bytes: Uint8Array, start: number, end: number): boolean {
    let at = this.#address.read(bytes, start, end);
    if (at < 0) return false;
    this.canonicalLength = this.#address.canonical ? at - start : 0;
    // In a list nearly all say the same behind the address, or the same but for the end of the ban.
    if (this.#isLastTail(bytes, at, end)) return true;
    const tail = at;
    if (!this.#differsInEnd(bytes, at, end)) {
      this.#tailLength = -1;
      this.#restLength = -1;
      this.until = UNSAID;
      this.timeoutSeconds = UNSAID;
      this.stamp = UNSAID;
      this.origin = '';
      this.reason = '';
      while (at < end) {
        const isFirst = at === tail;
        at = this.#readWord(bytes, skipBlanks(bytes, at, end), end);
        if (at === NOT_READ) return false;
        if (isFirst && this.until !== UNSAID) this.#restLength = end - at;
      }
    }
    this.#keepTail(bytes, tail, end);
    return true;
  }

  /** Reads the end of the ban, where it comes first and all that follows it is as it was. */
  #differsInEnd(bytes: Uint8Array, start: number, end: number): boolean {
    const rest = end - this.#restLength;
    if (this.#tailLength < 0 || this.#restLength < 0 || rest <= start) return false;
    const offset = this.#tailLength - end;
    for (let index = rest; index < end; index++) {
      if (bytes[index] !== this.#tail[offset + index]) return false;
    }
    const name = skipBlanks(bytes, start, rest);
    const nameEnd = wordEnd(bytes, name, rest);
    if (!isWord(bytes, name, nameEnd, UNTIL)) return false;
    const value = skipBlanks(bytes, nameEnd, rest);
    if (value === rest || wordEnd(bytes, value, rest) !== rest) return false;
    const until = readTime(bytes, value, rest);
    if (until === UNSAID) return false;
    this.until = until;
    return true;
  }

  #isLastTail(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== this.#tailLength) return false;
    for (let index = start; index < end; index++) {
      if (bytes[index] !== this.#tail[index - start]) return false;
    }
    return true;
  }

  #keepTail(bytes: Uint8Array, start: number, end: number): void {
    for (let index = start; index < end; index++) this.#tail[index - start] = bytes[index] ?? 0;
    this.#tailLength = end - start;
  }

  /** @returns where it ends, with its value; or NOT_READ */
  #readWord(bytes: Uint8Array, start: number, end: number): number {
    const nameEnd = wordEnd(bytes, start, end);
    const from = skipBlanks(bytes, nameEnd, end);
    if (from === end) return NOT_READ;
    const to = wordEnd(bytes, from, end);
    switch (bytes[start]) {
      case 0x75: // u
        if (this.until !== UNSAID || !isWord(bytes, start, nameEnd, UNTIL)) return NOT_READ;
        this.until = readTime(bytes, from, to);
        return this.until === UNSAID ? NOT_READ : to;
      case 0x74: // t
        if (this.timeoutSeconds !== UNSAID || !isWord(bytes, start, nameEnd, TIMEOUT)) {
          return NOT_READ;
        }
        this.timeoutSeconds = readTime(bytes, from, to);
        if (this.timeoutSeconds === UNSAID) return NOT_READ;
        if (this.timeoutSeconds === 0) this.timeoutSeconds = NEVER;
        return to;
      case 0x61: // a
        if (this.stamp !== UNSAID || !isWord(bytes, start, nameEnd, AT)) return NOT_READ;
        this.stamp = readDigits(bytes, from, to);
        return this.stamp < MIN_STAMP || this.stamp > 1000 * MAX_UNIX_SECONDS ? NOT_READ : to;
      case 0x6f: // o
        if (this.origin !== '' || !isWord(bytes, start, nameEnd, ORIGIN)) return NOT_READ;
        if (!isOrigin(bytes, from, to)) return NOT_READ;
        this.origin = this.#origins.read(bytes, from, to);
        return to;
      case 0x72: // r
        if (this.reason !== '' || !isWord(bytes, start, nameEnd, REASON)) return NOT_READ;
        return this.#readReason(bytes, from, end);
      default:
        return NOT_READ;
    }
  }

  /** `"sshd, 5 failures"`: of plain ASCII, and nothing that is escaped. */
  #readReason(bytes: Uint8Array, start: number, end: number): number {
    if (bytes[start] !== QUOTE) return NOT_READ;
    let at = start + 1;
    for (; at < end; at++) {
      const code = bytes[at] ?? 0;
      if (code === QUOTE) break;
      if (code < 0x20 || code > 0x7e || code === BACKSLASH) return NOT_READ;
    }
    const closed = at < end && (at + 1 === end || isBlank(bytes[at + 1] ?? 0));
    const length = at - start - 1;
    // An empty one is none; whether it is the only one is for the other reader to tell.
    if (!closed || length === 0 || length > MAX_REASON_LENGTH) return NOT_READ;
    this.reason = this.#reasons.read(bytes, start + 1, at);
    return at + 1;
  }
}

function fromColumn(time: number): number | 'never' {
  return time === NEVER ? 'never' : time;
}
