import type { EntryReader } from '@vallum/core/protocol';
import type { CompletedTerms } from './completed-terms.js';

const FIRST_CAPACITY = 64;

/** The addresses of one family and what was said of them, without an object for any. */
class SeenAddresses {
  readonly #width: 1 | 4;
  #capacity = FIRST_CAPACITY;
  #length = 0;
  #words: Uint32Array;
  #prefixLengths = new Uint8Array(FIRST_CAPACITY);
  #untils = new Float64Array(FIRST_CAPACITY);
  #timeouts = new Float64Array(FIRST_CAPACITY);
  #stamps = new Float64Array(FIRST_CAPACITY);
  #terms = new Uint32Array(FIRST_CAPACITY);
  /** Open addressing, half full at most: index of an entry and 1, or 0. */
  #slots = new Uint32Array(2 * FIRST_CAPACITY);

  constructor(width: 1 | 4) {
    this.#width = width;
    this.#words = new Uint32Array(FIRST_CAPACITY * width);
  }

  /** @returns false where it was there already */
  add(entry: EntryReader, said: CompletedTerms): boolean {
    const { words, prefixLength } = entry;
    const { until, timeoutSeconds, stamp, texts: terms } = said;
    const mask = this.#slots.length - 1;
    let slot = hashOf(words, 0, this.#width, prefixLength) & mask;
    for (; this.#slots[slot] !== 0; slot = (slot + 1) & mask) {
      const index = (this.#slots[slot] ?? 1) - 1;
      if (
        this.#terms[index] === terms &&
        this.#untils[index] === until &&
        this.#timeouts[index] === timeoutSeconds &&
        this.#stamps[index] === stamp &&
        this.#prefixLengths[index] === prefixLength &&
        this.#hasWords(index, words)
      ) {
        return false;
      }
    }
    const index = this.#length++;
    this.#slots[slot] = index + 1;
    for (let part = 0; part < this.#width; part++) {
      this.#words[this.#width * index + part] = words[part] ?? 0;
    }
    this.#prefixLengths[index] = prefixLength;
    this.#untils[index] = until;
    this.#timeouts[index] = timeoutSeconds;
    this.#stamps[index] = stamp;
    this.#terms[index] = terms;
    if (this.#length === this.#capacity) this.#grow();
    return true;
  }

  #hasWords(index: number, words: Uint32Array): boolean {
    for (let part = 0; part < this.#width; part++) {
      if (this.#words[this.#width * index + part] !== words[part]) return false;
    }
    return true;
  }

  #grow(): void {
    const capacity = 2 * this.#capacity;
    const grown = <Column extends { set(column: Column): void }>(column: Column, to: Column) => {
      to.set(column);
      return to;
    };
    this.#words = grown(this.#words, new Uint32Array(capacity * this.#width));
    this.#prefixLengths = grown(this.#prefixLengths, new Uint8Array(capacity));
    this.#untils = grown(this.#untils, new Float64Array(capacity));
    this.#timeouts = grown(this.#timeouts, new Float64Array(capacity));
    this.#stamps = grown(this.#stamps, new Float64Array(capacity));
    this.#terms = grown(this.#terms, new Uint32Array(capacity));
    this.#capacity = capacity;
    this.#slots = new Uint32Array(2 * capacity);
    const mask = this.#slots.length - 1;
    for (let index = 0; index < this.#length; index++) {
      const prefixLength = this.#prefixLengths[index] ?? 0;
      let slot = hashOf(this.#words, this.#width * index, this.#width, prefixLength) & mask;
      while (this.#slots[slot] !== 0) slot = (slot + 1) & mask;
      this.#slots[slot] = index + 1;
    }
  }
}

function hashOf(words: Uint32Array, start: number, width: 1 | 4, prefixLength: number): number {
  let hash = prefixLength;
  for (let part = start; part < start + width; part++) {
    hash = Math.imul(hash ^ (words[part] ?? 0), 0x9e3779b1);
    hash ^= hash >>> 15;
  }
  hash = Math.imul(hash, 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/** Remembers what has been sent: whatever would come out the same is sent once. */
export class SeenEntries {
  readonly #ipv4 = new SeenAddresses(1);
  readonly #ipv6 = new SeenAddresses(4);

  /**
   * By what the entry says, not by what is written: the same timeout read a second later is no other
   * ban.
   *
   * @returns false where it was there already
   */
  add(entry: EntryReader, terms: CompletedTerms): boolean {
    const seen = entry.family === 'ipv4' ? this.#ipv4 : this.#ipv6;
    return seen.add(entry, terms);
  }
}
