import type { Address, Family } from '../address/address.js';
import { wordsPerAddress, writeWords } from '../address/address-columns.js';
import type { PlacedColumns } from './entry-columns.js';
import { StringTable } from './string-table.js';

const FIRST_CAPACITY = 16;

/** What one entry says beside its address. */
export interface EntryTerms {
  readonly action: number;
  readonly flags: number;
  readonly origin: string;
  readonly until: number;
  readonly stamp: number;
  readonly reason: string;
  /** Index of the message among those that were received together. */
  readonly message: number;
  /** Line or entry number in its message, from 1; 0: the message had no other. */
  readonly place: number;
}

/**
 * Entries of one family for one set, as they are read from messages; grows as they come. The columns
 * have room for more than `length`: read no further.
 */
export class EntryBatch implements PlacedColumns {
  length = 0;
  words: Uint32Array;
  prefixLengths: Uint8Array;
  actions: Uint8Array;
  flags: Uint8Array;
  origins: Uint32Array;
  untils: Float64Array;
  stamps: Float64Array;
  reasons: Uint32Array;
  messages: Uint32Array;
  places: Uint32Array;
  readonly #perAddress: 1 | 4;
  readonly #origins = new StringTable();
  readonly #reasons = new StringTable();

  constructor(
    readonly family: Family,
    capacity = FIRST_CAPACITY,
  ) {
    this.#perAddress = wordsPerAddress(family);
    this.words = new Uint32Array(capacity * this.#perAddress);
    this.prefixLengths = new Uint8Array(capacity);
    this.actions = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.origins = new Uint32Array(capacity);
    this.untils = new Float64Array(capacity);
    this.stamps = new Float64Array(capacity);
    this.reasons = new Uint32Array(capacity);
    this.messages = new Uint32Array(capacity);
    this.places = new Uint32Array(capacity);
  }

  get originNames(): readonly string[] {
    return this.#origins.texts;
  }

  get reasonTexts(): readonly string[] {
    return this.#reasons.texts;
  }

  /** Appends an entry. */
  push(address: Address, terms: EntryTerms): void {
    const index = this.append(terms);
    writeWords(address, this.words, index * this.#perAddress);
    this.prefixLengths[index] = address.prefixLength;
  }

  /** `push` of an address as words, of which it takes one for IPv4 and four for IPv6. */
  pushWords(words: Uint32Array, prefixLength: number, terms: EntryTerms): void {
    const index = this.append(terms);
    const offset = index * this.#perAddress;
    for (let part = 0; part < this.#perAddress; part++)
      this.words[offset + part] = words[part] ?? 0;
    this.prefixLengths[index] = prefixLength;
  }

  /** Says anew where in its message the last entry stood. */
  placeLast(place: number): void {
    this.places[this.length - 1] = place;
  }

  /** Adds entries [from, to) of another batch of the same family. */
  pushFrom(other: EntryBatch, from: number, to: number): void {
    const start = this.length;
    const width = this.#perAddress;
    while (start + to - from > this.prefixLengths.length) this.#grow();
    this.length = start + to - from;
    this.words.set(other.words.subarray(from * width, to * width), start * width);
    this.prefixLengths.set(other.prefixLengths.subarray(from, to), start);
    this.actions.set(other.actions.subarray(from, to), start);
    this.flags.set(other.flags.subarray(from, to), start);
    this.untils.set(other.untils.subarray(from, to), start);
    this.stamps.set(other.stamps.subarray(from, to), start);
    this.messages.set(other.messages.subarray(from, to), start);
    this.places.set(other.places.subarray(from, to), start);
    // Each batch numbers its texts for itself.
    other.origins.subarray(from, to).forEach((origin, index) => {
      this.origins[start + index] = this.#origins.indexOf(other.originNames[origin] ?? '');
    });
    other.reasons.subarray(from, to).forEach((reason, index) => {
      this.reasons[start + index] = this.#reasons.indexOf(other.reasonTexts[reason] ?? '');
    });
  }

  /** `push` of one IPv4 address as a number, with nothing made on the way. */
  pushIpv4(address: number, prefixLength: number, terms: EntryTerms): void {
    const index = this.append(terms);
    this.words[index] = address;
    this.prefixLengths[index] = prefixLength;
  }

  /** Adds an entry whose address the caller writes. @returns its index */
  append(terms: EntryTerms): number {
    const index = this.length;
    if (index === this.prefixLengths.length) this.#grow();
    this.length = index + 1;
    this.actions[index] = terms.action;
    this.flags[index] = terms.flags;
    this.origins[index] = this.#origins.indexOf(terms.origin);
    this.untils[index] = terms.until;
    this.stamps[index] = terms.stamp;
    this.reasons[index] = this.#reasons.indexOf(terms.reason);
    this.messages[index] = terms.message;
    this.places[index] = terms.place;
    return index;
  }

  #grow(): void {
    const capacity = 2 * this.prefixLengths.length;
    this.words = grown(this.words, new Uint32Array(capacity * this.#perAddress));
    this.prefixLengths = grown(this.prefixLengths, new Uint8Array(capacity));
    this.actions = grown(this.actions, new Uint8Array(capacity));
    this.flags = grown(this.flags, new Uint8Array(capacity));
    this.origins = grown(this.origins, new Uint32Array(capacity));
    this.untils = grown(this.untils, new Float64Array(capacity));
    this.stamps = grown(this.stamps, new Float64Array(capacity));
    this.reasons = grown(this.reasons, new Uint32Array(capacity));
    this.messages = grown(this.messages, new Uint32Array(capacity));
    this.places = grown(this.places, new Uint32Array(capacity));
  }
}

type Column = Uint8Array | Uint32Array | Float64Array;

function grown<Kind extends Column>(column: Kind, larger: Kind): Kind {
  larger.set(column);
  return larger;
}
