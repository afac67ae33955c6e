import { wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import { AddressTable } from './address-table.js';
import { LongestFirst } from './longest-first.js';

const FIRST_ENTRIES = 64;

/**
 * Bans that a set's netmask, or a policy that widens, folds into one entry: 192.0.2.7 and 192.0.2.8 are
 * 192.0.2.0 under a netmask of 24, and the entry has to last as long as the longest of them.
 */
export class Fold {
  readonly #members: AddressTable;
  readonly #heaps = new LongestFirst();
  /** By entry: the member that lasts longest, plus one; 0: none. */
  #longest = new Int32Array(FIRST_ENTRIES);

  constructor(family: Family) {
    this.#members = new AddressTable(family, (capacity) => {
      this.#heaps.grow(capacity);
    });
  }

  /**
   * Says when the ban of one address ends, 0: it has ended.
   *
   * @param entry the row of the set's entry that the address is folded into
   */
  put(
    entry: number,
    { words, prefixLengths, family }: AddressColumns,
    index: number,
    end: number,
  ): void {
    const offset = index * wordsPerAddress(family);
    const prefixLength = prefixLengths[index] ?? 0;
    const known = this.#members.find(words, offset, prefixLength);
    if (known < 0 && end === 0) return;
    const member = known < 0 ? this.#members.make(words, offset, prefixLength) : known;
    let root = (this.#longest[entry] ?? 0) - 1;
    if (known >= 0) {
      if (this.#heaps.ends[member] === end) return;
      root = this.#heaps.remove(root, member);
    }
    if (end === 0) this.#members.remove(member);
    else root = this.#heaps.add(root, member, end);
    if (entry >= this.#longest.length) this.#growTo(entry);
    this.#longest[entry] = root + 1;
  }

  /** When the last ban of an entry ends, 0 where there is none. */
  end(entry: number): number {
    const longest = (this.#longest[entry] ?? 0) - 1;
    return longest < 0 ? 0 : (this.#heaps.ends[longest] ?? 0);
  }

  /** How many addresses are folded. */
  get size(): number {
    return this.#members.size;
  }

  /** Where the members' addresses stand. */
  get words(): Uint32Array {
    return this.#members.words;
  }

  get prefixLengths(): Uint8Array {
    return this.#members.prefixLengths;
  }

  /** Rows of an entry's members, the one that lasts longest first. Use before the next `put`. */
  members(entry: number): Generator<number> {
    return this.#heaps.rows((this.#longest[entry] ?? 0) - 1);
  }

  #growTo(entry: number): void {
    const longest = new Int32Array(Math.max(2 * this.#longest.length, entry + 1));
    longest.set(this.#longest);
    this.#longest = longest;
  }
}
