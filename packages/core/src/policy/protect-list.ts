import type { Address, Family } from '../address/address.js';
import { writeWords } from '../address/address-columns.js';
import { parseAddress } from '../address/parse.js';
import { VallumError } from '../words/errors.js';
import { PrefixIndex } from './prefix-index.js';

/** An address or prefix that may not be banned, and why: for the refusal's message. */
export interface ProtectedEntry {
  readonly address: Address;
  /** Such as `loopback`, `address of eth0`, `name server`, `protect list`. */
  readonly because: string;
}

export interface ProtectList {
  readonly entries: readonly ProtectedEntry[];
  /** An entry that the address is, contains or lies in: the widest around it, or the lowest inside. */
  conflict(address: Address): ProtectedEntry | undefined;
  /**
   * As `conflict`, of an address in columns, and without making an object.
   *
   * @param words one unsigned word an address for IPv4, four for IPv6, the most significant first
   * @param index where in `words` the address starts; host bits do not matter
   */
  conflictAt(
    family: Family,
    words: Uint32Array,
    index: number,
    prefixLength: number,
  ): ProtectedEntry | undefined;
}

export function createProtectList(entries: readonly ProtectedEntry[]): ProtectList {
  const indexOf = (family: Family): PrefixIndex =>
    new PrefixIndex(
      family,
      entries.filter(({ address }) => address.family === family),
    );
  const ipv4 = indexOf('ipv4');
  const ipv6 = indexOf('ipv6');
  const own = new Uint32Array(4);
  const conflictAt: ProtectList['conflictAt'] = (family, words, index, prefixLength) =>
    (family === 'ipv4' ? ipv4 : ipv6).find(words, index, prefixLength);
  return {
    entries,
    conflict(address) {
      writeWords(address, own, 0);
      return conflictAt(address.family, own, 0, address.prefixLength);
    },
    conflictAt,
  };
}

/**
 * Reads a protect list as an administrator writes it.
 *
 * @throws VallumError `INVALID_ARGUMENT` naming the entry that is no address
 */
export function protectedEntries(texts: readonly string[], because: string): ProtectedEntry[] {
  return texts.map((text) => {
    const parsed = parseAddress(text);
    if (!parsed.ok) {
      throw new VallumError(
        `the protect list holds ${JSON.stringify(text)}, which is no address or prefix: ${parsed.detail}`,
        { code: 'INVALID_ARGUMENT', operation: 'read the protect list' },
      );
    }
    return { address: parsed.value, because };
  });
}
