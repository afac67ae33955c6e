import type { InternedTexts } from './interned.js';

const UNKNOWN = -1;
/** Batches with more texts are looked up text by text: they hardly ever name one twice. */
const MOST = 4096;

/**
 * The interned numbers of the texts that a batch names by index. Each is looked up once, and not for
 * each of the entries that name it.
 */
export class BatchTexts {
  readonly #interned: InternedTexts;
  #texts: readonly string[] = [];
  #numbers = new Int32Array(64);
  /** `InternedTexts.forgotten` as it was when `#numbers` was begun. */
  #forgotten = 0;

  constructor(interned: InternedTexts) {
    this.#interned = interned;
  }

  /** Starts on a batch, whose texts may be others than last time though the array is the same. */
  begin(texts: readonly string[]): void {
    this.#texts = texts;
    if (this.#numbers.length < Math.min(texts.length, MOST)) this.#numbers = new Int32Array(MOST);
    this.#clear();
  }

  /** @returns the number of the text with this index, or -1 where it is not interned */
  numberOf(index: number): number {
    if (this.#interned.forgotten !== this.#forgotten) this.#clear();
    const text = this.#texts[index];
    if (text === undefined) return 0;
    // Beyond the end of `#numbers` nothing is kept, and nothing is found.
    const known = this.#numbers[index] ?? UNKNOWN;
    if (known !== UNKNOWN) return known;
    const number = this.#interned.numberOf(text);
    this.#numbers[index] = number;
    return number;
  }

  hasRoomFor(index: number): boolean {
    const { size, limit } = this.#interned;
    return size < limit || this.numberOf(index) !== UNKNOWN;
  }

  /** As `InternedTexts.acquire`. */
  acquire(index: number): number {
    const number = this.numberOf(index);
    if (number === UNKNOWN) return this.#interned.acquire(this.#texts[index] ?? '');
    this.#interned.acquireNumber(number);
    return number;
  }

  #clear(): void {
    this.#forgotten = this.#interned.forgotten;
    const end = Math.min(this.#texts.length, this.#numbers.length);
    // A call of `fill` takes longer than the message of one ban needs here.
    if (end <= 8) for (let index = 0; index < end; index++) this.#numbers[index] = UNKNOWN;
    else this.#numbers.fill(UNKNOWN, 0, end);
  }
}
