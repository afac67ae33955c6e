import type { Family } from '../address/address.js';
import type { AddressColumns } from '../address/address-columns.js';
import type { AddressRows } from './address-rows.js';

/** Addresses that are taken out of their rows, which may be freed meanwhile. */
export class AddressList {
  #length = 0;
  readonly #family: Family;
  readonly #rows: AddressRows;
  readonly #words: Uint32Array;
  readonly #prefixLengths: Uint8Array;

  constructor(family: Family, rows: AddressRows, capacity: number) {
    this.#family = family;
    this.#rows = rows;
    this.#words = new Uint32Array(rows.perAddress * capacity);
    this.#prefixLengths = new Uint8Array(capacity);
  }

  push(row: number): void {
    const { perAddress, words, prefixLengths } = this.#rows;
    for (let index = 0; index < perAddress; index++) {
      this.#words[perAddress * this.#length + index] = words[perAddress * row + index] ?? 0;
    }
    this.#prefixLengths[this.#length] = prefixLengths[row] ?? 0;
    this.#length += 1;
  }

  columns(): AddressColumns {
    return {
      family: this.#family,
      length: this.#length,
      words: this.#words.subarray(0, this.#rows.perAddress * this.#length),
      prefixLengths: this.#prefixLengths.subarray(0, this.#length),
    };
  }
}
