import { addressAt, wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import type { Address } from '../address/address.js';
import { maskAddress } from '../address/contain.js';
import { maskWords } from '../plan/mask-words.js';
import type { SetPlan } from '../plan/set-plan.js';

/** By which prefix lengths addresses become entries of a set. */
export interface EntryWidths {
  /** Of the kernel set, where it has one; such an entry is written as one address. */
  readonly netmask: number | undefined;
  /** What bans are widened to by policy, where the netmask does not do so anyway. */
  readonly widen: number | undefined;
}

/** Under which row of a plan an address stands: its own, or that of the network it is folded into. */
export class EntryRows {
  readonly netmask: number | undefined;
  readonly widen: number | undefined;
  readonly #plan: SetPlan;
  readonly #wordsPerAddress: number;
  readonly #masked: Uint32Array;

  constructor(plan: SetPlan, { netmask, widen }: EntryWidths) {
    this.#plan = plan;
    this.netmask = netmask;
    this.widen = widen;
    this.#wordsPerAddress = wordsPerAddress(plan.family);
    this.#masked = new Uint32Array(this.#wordsPerAddress);
  }

  /** The row of an address, made where it is missing. */
  make(columns: AddressColumns, index: number): number {
    return this.#row(columns, index, true);
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

  /** What is put into the set for an address. */
  widened(address: Address): Address {
    return this.widen === undefined || address.prefixLength <= this.widen
      ? address
      : maskAddress(address, this.widen);
  }

  /** As text, the network that the bans of an address are widened to; undefined: they are not. */
  widenedText(columns: AddressColumns, index: number): string | undefined {
    if ((columns.prefixLengths[index] ?? 0) <= (this.widen ?? Infinity)) return undefined;
    return this.widened(addressAt(columns, index)).text;
  }

  #row(columns: AddressColumns, index: number, make: boolean, widens = true): number {
    const perAddress = this.#wordsPerAddress;
    let { words } = columns;
    let offset = index * perAddress;
    let prefixLength = columns.prefixLengths[index] ?? 0;
    if (widens && this.widen !== undefined && this.widen < prefixLength) {
      maskWords(words, offset, perAddress, this.widen, this.#masked);
      words = this.#masked;
      offset = 0;
      prefixLength = this.widen;
    } else if (this.netmask !== undefined && this.netmask < prefixLength) {
      maskWords(words, offset, perAddress, this.netmask, this.#masked);
      words = this.#masked;
      offset = 0;
    }
    return make
      ? this.#plan.row(words, offset, prefixLength)
      : this.#plan.table.find(words, offset, prefixLength);
  }
}
