import type { Family } from './address.js';
import { readIpv4 } from './ipv4.js';
import { readIpv6 } from './ipv6.js';
import { maskWord } from './words.js';

const BLANK = 0x20;
const TAB = 0x09;
const SLASH = 0x2f;
const COLON = 0x3a;
const ZERO = 0x30;
/** `::ffff:0:0/96`, where IPv6 programs write IPv4 addresses (RFC 4291, 2.5.5.2). */
const MAPPED_BITS = 96;

/**
 * Reads addresses and prefixes from bytes, one after another, and makes no object of any: what was
 * read last stands in the fields.
 */
export class AddressReader {
  family: Family = 'ipv4';
  /** Host bits are cleared; of IPv4 the first word alone counts. */
  readonly words = new Uint32Array(4);
  prefixLength = 32;
  /** True where the bytes are the canonical text; for IPv6 never, since nobody asks. */
  canonical = false;

  /**
   * Reads the word at `start`, which goes to the next blank or to `end`: as strict as `inet_pton`, with
   * a prefix length behind `/` or without.
   *
   * @returns where the word ends; -1 where it is no address: what was wrong is `parseAddress` to say
   */
  read(bytes: Uint8Array, start: number, end: number): number {
    let slash = -1;
    let isIpv6 = false;
    let at = start;
    for (; at < end; at++) {
      const code = bytes[at] ?? 0;
      if (code === BLANK || code === TAB) break;
      if (code === SLASH && slash < 0) slash = at;
      else if (code === COLON) isIpv6 = true;
    }
    const width = isIpv6 ? 128 : 32;
    const prefixLength = slash < 0 ? width : readPrefixLength(bytes, slash + 1, at);
    if (prefixLength < 0 || prefixLength > width) return -1;
    const hostEnd = slash < 0 ? at : slash;
    const understood = isIpv6
      ? this.#readIpv6(bytes, start, hostEnd, prefixLength)
      : this.#readIpv4(bytes, start, hostEnd, prefixLength, slash < 0);
    return understood ? at : -1;
  }

  #readIpv4(
    bytes: Uint8Array,
    start: number,
    end: number,
    prefixLength: number,
    alone: boolean,
  ): boolean {
    const address = readIpv4(bytes, start, end);
    if (address < 0) return false;
    const network = maskWord(address, prefixLength);
    this.canonical = alone || (prefixLength < 32 && network === address);
    this.#set('ipv4', prefixLength);
    this.words[0] = network;
    return true;
  }

  #readIpv6(bytes: Uint8Array, start: number, end: number, prefixLength: number): boolean {
    const { words } = this;
    if (!readIpv6(bytes, start, end, words)) return false;
    this.canonical = false;
    if (prefixLength >= MAPPED_BITS && words[0] === 0 && words[1] === 0 && words[2] === 0xffff) {
      // The host which it names on the wire.
      this.#set('ipv4', prefixLength - MAPPED_BITS);
      words[0] = maskWord(words[3] ?? 0, prefixLength - MAPPED_BITS);
      return true;
    }
    this.#set('ipv6', prefixLength);
    if (prefixLength === 128) return true;
    for (let word = 0; word < 4; word++) {
      words[word] = maskWord(words[word] ?? 0, prefixLength - 32 * word);
    }
    return true;
  }

  #set(family: Family, prefixLength: number): void {
    this.family = family;
    this.prefixLength = prefixLength;
  }
}

/** `0` to `999` without leading zeros. @returns -1 for anything else */
function readPrefixLength(bytes: Uint8Array, start: number, end: number): number {
  const digits = end - start;
  if (digits < 1 || digits > 3) return -1;
  let length = 0;
  for (let index = start; index < end; index++) {
    const digit = (bytes[index] ?? 0) - ZERO;
    if (digit < 0 || digit > 9) return -1;
    length = 10 * length + digit;
  }
  return digits > 1 && bytes[start] === ZERO ? -1 : length;
}
