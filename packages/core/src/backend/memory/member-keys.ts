import type { Family } from '../../address/address.js';

/** A prefix as what a Map finds fast: IPv4 in a number, IPv6 in a string of nine characters. */
export type MemberKey = number | string;

/** Makes keys of the prefixes of one family, and reads them back. */
export class MemberKeys {
  readonly #isIpv4: boolean;

  constructor(family: Family) {
    this.#isIpv4 = family === 'ipv4';
  }

  /** Host bits are cleared. */
  key(words: Uint32Array, offset: number, prefixLength: number): MemberKey {
    if (this.#isIpv4) return keepBits(words[offset] ?? 0, prefixLength) * 64 + prefixLength;
    let key = '';
    for (let part = 0; part < 4; part++) {
      const word = keepBits(words[offset + part] ?? 0, prefixLength - 32 * part);
      key += String.fromCharCode(word >>> 16, word & 0xffff);
    }
    return key + String.fromCharCode(prefixLength);
  }

  /** Writes the address to `words[offset]` and behind. @returns its prefix length */
  read(key: MemberKey, words: Uint32Array, offset: number): number {
    if (typeof key === 'number') {
      words[offset] = Math.floor(key / 64);
      return key % 64;
    }
    for (let part = 0; part < 4; part++) {
      words[offset + part] = (key.charCodeAt(2 * part) << 16) | key.charCodeAt(2 * part + 1);
    }
    return key.charCodeAt(8);
  }
}

/** The first `bits` of a word; all of it where there are more. */
export function keepBits(word: number, bits: number): number {
  if (bits >= 32) return word;
  return bits <= 0 ? 0 : (word & (-1 << (32 - bits))) >>> 0;
}
