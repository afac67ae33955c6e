import type { Family } from '../address/address.js';
import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import { compareAddresses, containsAddress } from '../address/contain.js';
import type { ProtectedEntry } from './protect-list.js';

/**
 * Finds what an address or prefix meets among thousands of entries: some 50 ns, and no object made.
 *
 * Of two prefixes that overlap one contains the other. So the widest ones alone decide, they lie
 * apart from each other, and sorted by where they start they are sorted by where they end.
 */
export class PrefixIndex {
  readonly #perAddress: 1 | 4;
  readonly #entries: readonly ProtectedEntry[];
  /** First and last address of each entry, `#perAddress` words each. */
  readonly #firsts: Uint32Array;
  readonly #lasts: Uint32Array;
  readonly #first: Uint32Array;
  readonly #last: Uint32Array;

  /** @param entries of this family; of equal ones the first counts */
  constructor(family: Family, entries: readonly ProtectedEntry[]) {
    this.#perAddress = wordsPerAddress(family);
    this.#entries = widest(entries);
    const length = this.#perAddress * this.#entries.length;
    this.#firsts = new Uint32Array(length);
    this.#lasts = new Uint32Array(length);
    this.#first = new Uint32Array(this.#perAddress);
    this.#last = new Uint32Array(this.#perAddress);
    const words = new Uint32Array(this.#perAddress);
    this.#entries.forEach(({ address }, at) => {
      writeWords(address, words, 0);
      this.#span(words, 0, address.prefixLength);
      this.#firsts.set(this.#first, this.#perAddress * at);
      this.#lasts.set(this.#last, this.#perAddress * at);
    });
  }

  /**
   * @param index where in `words` the address starts; host bits do not matter
   * @returns the widest entry that the prefix is or lies in, else the lowest of those it contains
   */
  find(words: Uint32Array, index: number, prefixLength: number): ProtectedEntry | undefined {
    if (this.#perAddress === 1) return this.#findIpv4(words[index] ?? 0, prefixLength);
    this.#span(words, index, prefixLength);
    // The first entry that ends at or behind the prefix's start …
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#compare(this.#lasts, middle, this.#first) < 0) low = middle + 1;
      else high = middle;
    }
    if (low === this.#entries.length) return undefined;
    // … meets it, unless it starts behind its end.
    return this.#compare(this.#firsts, low, this.#last) <= 0 ? this.#entries[low] : undefined;
  }

  /** The same of one word: a third of the time, and every ban of a list is asked about. */
  #findIpv4(word: number, prefixLength: number): ProtectedEntry | undefined {
    const host =
      prefixLength === 0 ? 0xffff_ffff : prefixLength === 32 ? 0 : 0xffff_ffff >>> prefixLength;
    const first = (word & ~host) >>> 0;
    const last = (word | host) >>> 0;
    const lasts = this.#lasts;
    let low = 0;
    let high = lasts.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((lasts[middle] ?? 0) < first) low = middle + 1;
      else high = middle;
    }
    return low < lasts.length && (this.#firsts[low] ?? 0) <= last ? this.#entries[low] : undefined;
  }

  /** Sets `#first` and `#last` to the ends of a prefix. */
  #span(words: Uint32Array, index: number, prefixLength: number): void {
    for (let part = 0; part < this.#perAddress; part++) {
      const bits = prefixLength - 32 * part;
      // Shifting by 32 shifts by nothing.
      const host = bits >= 32 ? 0 : bits <= 0 ? 0xffff_ffff : 0xffff_ffff >>> bits;
      const word = words[index + part] ?? 0;
      this.#first[part] = word & ~host;
      this.#last[part] = word | host;
    }
  }

  #compare(list: Uint32Array, at: number, other: Uint32Array): number {
    const start = this.#perAddress * at;
    for (let part = 0; part < this.#perAddress; part++) {
      const difference = (list[start + part] ?? 0) - (other[part] ?? 0);
      if (difference !== 0) return difference;
    }
    return 0;
  }
}

/** Sorted, without those that lie in another. */
function widest(entries: readonly ProtectedEntry[]): ProtectedEntry[] {
  const kept: ProtectedEntry[] = [];
  // Stable, and the wider of two that start alike comes first.
  for (const entry of [...entries].sort((one, other) =>
    compareAddresses(one.address, other.address),
  )) {
    const last = kept.at(-1);
    if (last === undefined || !containsAddress(last.address, entry.address)) kept.push(entry);
  }
  return kept;
}
