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
  /** By member: its entry. */
  #entries = new Int32Array(0);

  constructor(family: Family) {
    this.#members = new AddressTable(family, (capacity) => {
      this.#heaps.grow(capacity);
      const entries = new Int32Array(capacity);
      entries.set(this.#entries);
      this.#entries = entries;
    });
  }

  /**
   * Says when the ban of one address ends, 0: it has ended.
   *
   * @param entry the row of the set's entry that the address is folded into; where it has ended, any
   * @returns the entry that it was folded into until now, where that is another one, or -1
   */
  put(
    entry: number,
    { words, prefixLengths, family }: AddressColumns,
    index: number,
    end: number,
  ): number {
    const offset = index * wordsPerAddress(family);
    const prefixLength = prefixLengths[index] ?? 0;
    const known = this.#members.find(words, offset, prefixLength);
    if (known < 0 && end === 0) return -1;
    const member = known < 0 ? this.#members.make(words, offset, prefixLength) : known;
    const before = known < 0 ? -1 : (this.#entries[member] ?? -1);
    if (before >= 0) {
      if (before === entry && this.#heaps.ends[member] === end) return -1;
      this.#setRoot(before, this.#heaps.remove(this.#root(before), member));
    }
    if (end === 0) this.#members.remove(member);
    else {
      this.#entries[member] = entry;
      this.#setRoot(entry, this.#heaps.add(this.#root(entry), member, end));
    }
    return before === entry ? -1 : before;
  }

  /** When the ban of one address ends, 0 where it is not folded. */
  endOf({ words, prefixLengths, family }: AddressColumns, index: number): number {
    const offset = index * wordsPerAddress(family);
    const member = this.#members.find(words, offset, prefixLengths[index] ?? 0);
    return member < 0 ? 0 : (this.#heaps.ends[member] ?? 0);
  }

  /** When the last ban of an entry ends, 0 where there is none. */
  end(entry: number): number {
    const longest = this.#root(entry);
    return longest < 0 ? 0 : (this.#heaps.ends[longest] ?? 0);
  }

  /** How many addresses are folded. */
  get size(): number {
    return this.#members.size;
  }

  /** The members' addresses, by their rows. */
  get columns(): AddressColumns {
    return this.#members.columns;
  }

  /** Rows of an entry's members, the one that lasts longest first. Use before the next `put`. */
  members(entry: number): Generator<number> {
    return this.#heaps.rows(this.#root(entry));
  }

  #root(entry: number): number {
    return (this.#longest[entry] ?? 0) - 1;
  }

  #setRoot(entry: number, root: number): void {
    if (entry >= this.#longest.length) this.#growTo(entry);
    this.#longest[entry] = root + 1;
  }

  #growTo(entry: number): void {
    const longest = new Int32Array(Math.max(2 * this.#longest.length, entry + 1));
    longest.set(this.#longest);
    this.#longest = longest;
  }
}
