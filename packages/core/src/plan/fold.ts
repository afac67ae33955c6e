import type { AddressColumns } from '../address/address-columns.js';
import type { Family } from '../address/address.js';
import { AddressTable } from './address-table.js';

const NONE = -1;

/**
 * Bans that a set's netmask folds into one entry: 192.0.2.7 and 192.0.2.8 are 192.0.2.0 under a
 * netmask of 24, and the entry has to last as long as the longest of them. What lasts longest is
 * looked for again only when it is asked for after the longest has ended.
 */
export class Fold {
  readonly #members: AddressTable;
  #ends = new Float64Array(0);
  #next = new Int32Array(0);
  #previous = new Int32Array(0);
  /** By entry: its members' list, and the longest end of them. */
  readonly #first = new Map<number, number>();
  readonly #longest = new Map<number, number>();
  readonly #stale = new Set<number>();

  constructor(family: Family) {
    this.#members = new AddressTable(family, (capacity) => {
      this.#grow(capacity);
    });
  }

  /**
   * Says when the ban of one address ends, 0: it has ended.
   *
   * @param entry the row of the set's entry that the address is folded into
   */
  put(entry: number, { words, prefixLengths }: AddressColumns, index: number, end: number): void {
    const offset = index * (words.length / prefixLengths.length);
    const prefixLength = prefixLengths[index] ?? 0;
    let member = this.#members.find(words, offset, prefixLength);
    if (member < 0) {
      if (end === 0) return;
      member = this.#members.make(words, offset, prefixLength);
      this.#link(entry, member);
    }
    const before = this.#ends[member] ?? 0;
    const longest = this.#longest.get(entry) ?? 0;
    if (end >= longest) this.#longest.set(entry, end);
    else if (before === longest) this.#stale.add(entry);
    this.#ends[member] = end;
    if (end === 0) this.#drop(entry, member);
  }

  /** When the last ban of an entry ends, 0 where there is none. */
  end(entry: number): number {
    if (!this.#stale.delete(entry)) return this.#longest.get(entry) ?? 0;
    let longest = 0;
    for (const member of this.members(entry)) {
      longest = Math.max(longest, this.#ends[member] ?? 0);
    }
    if (longest === 0) this.#longest.delete(entry);
    else this.#longest.set(entry, longest);
    return longest;
  }

  /** Where one member's address stands. */
  get words(): Uint32Array {
    return this.#members.words;
  }

  get prefixLengths(): Uint8Array {
    return this.#members.prefixLengths;
  }

  *members(entry: number): Generator<number> {
    let member = this.#first.get(entry) ?? NONE;
    while (member !== NONE) {
      yield member;
      member = this.#next[member] ?? NONE;
    }
  }

  #link(entry: number, member: number): void {
    const first = this.#first.get(entry) ?? NONE;
    this.#ends[member] = 0;
    this.#next[member] = first;
    this.#previous[member] = NONE;
    if (first !== NONE) this.#previous[first] = member;
    this.#first.set(entry, member);
  }

  #drop(entry: number, member: number): void {
    const next = this.#next[member] ?? NONE;
    const previous = this.#previous[member] ?? NONE;
    if (next !== NONE) this.#previous[next] = previous;
    if (previous !== NONE) this.#next[previous] = next;
    else if (next !== NONE) this.#first.set(entry, next);
    else {
      this.#first.delete(entry);
      this.#longest.delete(entry);
      this.#stale.delete(entry);
    }
    this.#members.remove(member);
  }

  #grow(capacity: number): void {
    const ends = new Float64Array(capacity);
    ends.set(this.#ends);
    this.#ends = ends;
    const next = new Int32Array(capacity);
    next.set(this.#next);
    this.#next = next;
    const previous = new Int32Array(capacity);
    previous.set(this.#previous);
    this.#previous = previous;
  }
}
