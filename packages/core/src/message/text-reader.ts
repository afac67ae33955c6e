/**
 * Makes texts of bytes, and remembers the last one: in a list nearly all origins are alike, and so
 * are the reasons. Takes bytes of ASCII only.
 */
export class TextReader {
  readonly #last: Uint8Array;
  #length = 0;
  #text = '';

  /** @param longest in bytes; longer ones may not be asked for */
  constructor(longest: number) {
    this.#last = new Uint8Array(longest);
  }

  read(bytes: Uint8Array, start: number, end: number): string {
    if (this.#isLast(bytes, start, end)) return this.#text;
    this.#length = end - start;
    for (let index = start; index < end; index++) this.#last[index - start] = bytes[index] ?? 0;
    this.#text = String.fromCharCode(...this.#last.subarray(0, this.#length));
    return this.#text;
  }

  #isLast(bytes: Uint8Array, start: number, end: number): boolean {
    if (end - start !== this.#length) return false;
    for (let index = start; index < end; index++) {
      if (bytes[index] !== this.#last[index - start]) return false;
    }
    return true;
  }
}
