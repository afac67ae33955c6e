import type { Family } from '../address/address.js';
import { addressWidth } from '../address/address.js';
import { Cover } from '../policy/cover.js';

/** What the wanted entries of one kernel set cover, and whether that was too much for one more. */
export class CoveredSpace {
  readonly cover: Cover;
  readonly #width: number;
  #prefixes = 0;
  /** It was too much for some ban that the ledger holds. */
  #hasRefused = false;

  constructor(family: Family) {
    this.cover = new Cover(family);
    this.#width = addressWidth(family);
  }

  /** Whether any prefix is among them. */
  get hasPrefixes(): boolean {
    return this.#prefixes > 0;
  }

  /**
   * @param word0 the first 32 bits of an entry
   * @param netmask of the set: an entry is a network then, written as one address
   */
  add(word0: number, prefixLength: number, netmask: number | undefined): void {
    if (prefixLength < this.#width) this.#prefixes += 1;
    this.cover.add(word0, Math.min(netmask ?? prefixLength, prefixLength));
  }

  /** @returns whether what was refused may be allowed now */
  remove(word0: number, prefixLength: number, netmask: number | undefined): boolean {
    if (prefixLength < this.#width) this.#prefixes -= 1;
    this.cover.remove(word0, Math.min(netmask ?? prefixLength, prefixLength));
    const mayAllow = this.#hasRefused;
    this.#hasRefused = false;
    return mayAllow;
  }

  /** @param maxShare 0…1 */
  allows(
    word0: number,
    prefixLength: number,
    netmask: number | undefined,
    maxShare: number,
  ): boolean {
    const length = Math.min(netmask ?? prefixLength, prefixLength);
    if (!this.cover.wouldExceed(word0, length, maxShare)) return true;
    this.#hasRefused = true;
    return false;
  }
}
