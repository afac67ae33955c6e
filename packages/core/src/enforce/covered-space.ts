import type { Family } from '../address/address.js';
import { addressWidth } from '../address/address.js';
import { Cover } from '../policy/cover.js';

/** What the wanted entries of one kernel set cover, and whether that was too much for one more. */
export class CoveredSpace {
  readonly cover: Cover;
  readonly #width: number;
  /** Of the set; the full width where it has none. */
  readonly #netmask: number;
  #prefixes = 0;
  /** It was too much for some ban that the ledger holds. */
  #hasRefused = false;

  /** @param netmask of the set: an entry is a network then, written as one address */
  constructor(family: Family, netmask: number | undefined) {
    this.cover = new Cover(family);
    this.#width = addressWidth(family);
    this.#netmask = netmask ?? this.#width;
  }

  /** Whether any prefix is among them. */
  get hasPrefixes(): boolean {
    return this.#prefixes > 0;
  }

  /** @param word0 the first 32 bits of an entry */
  add(word0: number, prefixLength: number): void {
    if (prefixLength < this.#width) this.#prefixes += 1;
    this.cover.add(word0, Math.min(this.#netmask, prefixLength));
  }

  /** @returns whether what was refused may be allowed now */
  remove(word0: number, prefixLength: number): boolean {
    if (prefixLength < this.#width) this.#prefixes -= 1;
    this.cover.remove(word0, Math.min(this.#netmask, prefixLength));
    const mayAllow = this.#hasRefused;
    this.#hasRefused = false;
    return mayAllow;
  }

  /** @param maxShare 0 to 1 */
  allows(word0: number, prefixLength: number, maxShare: number): boolean {
    const length = Math.min(this.#netmask, prefixLength);
    if (!this.cover.wouldExceed(word0, length, maxShare)) return true;
    this.#hasRefused = true;
    return false;
  }
}
