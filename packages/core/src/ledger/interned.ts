import { hashLanes, hashOrigin, type HashLanes } from '../lease/item-hash.js';
import { NumberColumn } from './number-column.js';

/** Texts by number, each kept as long as something refers to it. '' is 0 and always there. */
export class InternedTexts {
  readonly #texts: string[] = [''];
  readonly #numbers = new Map<string, number>([['', 0]]);
  readonly #counts = new NumberColumn();
  readonly #free: number[] = [];
  #lastText = '';
  #lastNumber = 0;
  #forgotten = 0;

  /** @param limit how many texts beside '' there may be */
  constructor(readonly limit: number) {}

  /** How many there are beside ''. */
  get size(): number {
    return this.#numbers.size - 1;
  }

  /** How many were forgotten so far. As long as it stays the same, every text keeps its number. */
  get forgotten(): number {
    return this.#forgotten;
  }

  text(number: number): string {
    return this.#texts[number] ?? '';
  }

  /** @returns the number of a text that is kept, or -1 */
  numberOf(text: string): number {
    // In a list nearly all are alike.
    if (text === this.#lastText) return this.#lastNumber;
    const number = this.#numbers.get(text);
    if (number === undefined) return -1;
    this.#lastText = text;
    this.#lastNumber = number;
    return number;
  }

  hasRoomFor(text: string): boolean {
    return this.size < this.limit || this.numberOf(text) !== -1;
  }

  /** Counts one more reference. @returns the text's number, or -1 where there are too many texts */
  acquire(text: string): number {
    let number = this.numberOf(text);
    if (number === 0) return 0;
    if (number === -1) {
      if (this.size >= this.limit) return -1;
      number = this.#free.pop() ?? this.#texts.length;
      this.#texts[number] = text;
      this.#numbers.set(text, number);
      this.added(number, text);
    }
    this.acquireNumber(number);
    return number;
  }

  /** The same for the number of a text that is kept. */
  acquireNumber(number: number): void {
    if (number !== 0) this.#counts.set(number, this.#counts.get(number) + 1);
  }

  /** Counts one reference less; a text without any is forgotten and its number free. */
  release(number: number): void {
    if (number === 0) return;
    const count = this.#counts.get(number) - 1;
    this.#counts.set(number, count);
    if (count > 0) return;
    const text = this.text(number);
    this.#numbers.delete(text);
    this.#texts[number] = '';
    this.#free.push(number);
    this.#forgotten += 1;
    if (text === this.#lastText) {
      this.#lastText = '';
      this.#lastNumber = 0;
    }
  }

  protected added(_number: number, _text: string): void {}
}

/** Origins, and what the digest makes of them. */
export class InternedOrigins extends InternedTexts {
  readonly #hashes: HashLanes[] = [];

  constructor(limit: number) {
    super(limit);
    this.added(0, '');
  }

  hash(number: number): HashLanes {
    return this.#hashes[number] ?? NO_HASH;
  }

  protected override added(number: number, text: string): void {
    const hash = hashLanes();
    hashOrigin(text, hash);
    this.#hashes[number] = hash;
  }
}

const NO_HASH = /* @__PURE__ */ hashLanes();
