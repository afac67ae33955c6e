import type { Address, AddressText, Family } from './address.js';
import { addressFromBytes } from './from-bytes.js';
import { formatIpv4Word } from './ipv4.js';
import { bytesFromWords, wordFromBytes } from './words.js';

/** Addresses of one family as numbers, for the places where there are a million of them. */
export interface AddressColumns {
  readonly family: Family;
  readonly length: number;
  /**
   * Unsigned numbers of 32 bits: one an address for IPv4 (192.0.2.7 is 0xc0000207), four for IPv6,
   * the most significant first. Host bits are cleared.
   */
  readonly words: Uint32Array;
  /** 0 to 32 for IPv4, 0 to 128 for IPv6; the full width for a single address. */
  readonly prefixLengths: Uint8Array;
}

/** How many of `words` make one address. */
export function wordsPerAddress(family: Family): 1 | 4 {
  return family === 'ipv4' ? 1 : 4;
}

/** One address of the columns as an object. */
export function addressAt(columns: AddressColumns, index: number): Address {
  const { family, words, prefixLengths } = columns;
  const perAddress = wordsPerAddress(family);
  const bytes = bytesFromWords(words, perAddress * index, perAddress);
  return addressFromBytes(family, bytes, prefixLengths[index]);
}

/** What `addressAt(columns, index).text` is, with nothing made beside it where addresses are single. */
export function addressTextAt(columns: AddressColumns, index: number): AddressText {
  const { family, words, prefixLengths } = columns;
  const isSingleIpv4 = family === 'ipv4' && prefixLengths[index] === 32;
  if (!isSingleIpv4) return addressAt(columns, index).text;
  return formatIpv4Word(words[index] ?? 0) as AddressText;
}

/** Writes an address into `words`, its first word at `offset`. */
export function writeWords(address: Address, words: Uint32Array, offset: number): void {
  const { bytes } = address;
  for (let start = 0; start < bytes.length; start += 4) {
    words[offset + start / 4] = wordFromBytes(bytes, start);
  }
}

/** Addresses of one family as columns. */
export function addressColumns(family: Family, addresses: readonly Address[]): AddressColumns {
  const perAddress = wordsPerAddress(family);
  const words = new Uint32Array(perAddress * addresses.length);
  const prefixLengths = new Uint8Array(addresses.length);
  addresses.forEach((address, index) => {
    writeWords(address, words, perAddress * index);
    prefixLengths[index] = address.prefixLength;
  });
  return { family, length: addresses.length, words, prefixLengths };
}

/** Some of the addresses, by index, in columns of their own. */
export function selectAddresses(
  { family, words, prefixLengths }: AddressColumns,
  indexes: readonly number[] | Int32Array,
): AddressColumns {
  const perAddress = wordsPerAddress(family);
  const { length } = indexes;
  const chosen = new Uint32Array(length * perAddress);
  const chosenLengths = new Uint8Array(length);
  for (let to = 0; to < length; to++) {
    const from = indexes[to] ?? 0;
    for (let part = 0; part < perAddress; part++) {
      chosen[to * perAddress + part] = words[from * perAddress + part] ?? 0;
    }
    chosenLengths[to] = prefixLengths[from] ?? 0;
  }
  return { family, length, words: chosen, prefixLengths: chosenLengths };
}
