import { wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import { maskWords } from '../plan/mask-words.js';
import type { SetPlan } from '../plan/set-plan.js';

/** By which prefix lengths addresses become entries of a set. */
export interface EntryWidths {
  /** Of the kernel set, where it has one; such an entry is written as one address. */
  readonly netmask: number | undefined;
  /** What bans are widened to by policy, where the netmask does not do so anyway. */
  readonly widen: number | undefined;
}

/** Whether a prefix, in words as in `AddressColumns`, holds something that may not be banned. */
export type IsProtected = (words: Uint32Array, offset: number, prefixLength: number) => boolean;

/**
 * Under which row of a plan an address stands: its own, or that of the network it is folded into. No network is banned
 * that holds a protected address: what is banned in it stands there as it was asked for.
 */
export class EntryRows {
  readonly netmask: number | undefined;
  readonly widen: number | undefined;
  readonly #plan: SetPlan;
  readonly #isProtected: IsProtected;
  readonly #wordsPerAddress: number;
  readonly #masked: Uint32Array;

  constructor(plan: SetPlan, { netmask, widen }: EntryWidths, isProtected: IsProtected) {
    this.#plan = plan;
    this.#isProtected = isProtected;
    this.netmask = netmask;
    this.widen = widen;
    this.#wordsPerAddress = wordsPerAddress(plan.family);
    this.#masked = new Uint32Array(this.#wordsPerAddress);
  }

  /** The row of an address, made where it is missing. */
  make(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, true);
  }

  /** Whether every address stands under its own row. */
  get isPlain(): boolean {
    return this.netmask === undefined && this.widen === undefined;
  }

  /** `make` where `isPlain`, as `AddressTable.makeAt`: of an address that the ledger's page has in a row. */
  makeAt(pageRow: number, { words, prefixLengths }: AddressColumns, index: number): number {
    const offset = index * this.#wordsPerAddress;
    return this.#plan.table.makeAt(pageRow, words, offset, prefixLengths[index] ?? 0);
  }

  /** @returns the plan's row of an address, or -1 */
  find(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, false);
  }

  /** The row of an entry that is as it stands in the set, whatever the policy widens. */
  makeExact(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, true, false);
  }

  /** The same, or -1. */
  findExact(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, false, false);
  }

  /** The plan's row of a member of the kernel set, or -1. */
  findStored({ words, prefixLengths }: AddressColumns, index: number): number {
    return this.#plan.table.find(words, index * this.#wordsPerAddress, prefixLengths[index] ?? 0);
  }

  /** The prefix length that an address is banned with. */
  lengthAt({ words, prefixLengths }: AddressColumns, index: number): number {
    return this.#length(words, index * this.#wordsPerAddress, prefixLengths[index] ?? 0);
  }

  #length(words: Uint32Array, offset: number, prefixLength: number): number {
    const { widen } = this;
    if (widen === undefined || widen >= prefixLength) return prefixLength;
    return this.#isProtected(words, offset, widen) ? prefixLength : widen;
  }

  #row(columns: AddressColumns, index: number, make: boolean, widens = true): number {
    const perAddress = this.#wordsPerAddress;
    let { words } = columns;
    let offset = index * perAddress;
    const asked = columns.prefixLengths[index] ?? 0;
    const prefixLength = widens ? this.#length(words, offset, asked) : asked;
    const folded = Math.min(prefixLength, this.netmask ?? prefixLength);
    if (folded < asked) {
      maskWords(words, offset, perAddress, folded, this.#masked);
      words = this.#masked;
      offset = 0;
    }
    return make
      ? this.#plan.row(words, offset, prefixLength)
      : this.#plan.table.find(words, offset, prefixLength);
  }
}
