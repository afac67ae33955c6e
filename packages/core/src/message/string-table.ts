/** Numbers texts in the order in which they are first seen; '' is 0. */
export class StringTable {
  readonly #texts: string[] = [''];
  readonly #indexes = new Map<string, number>([['', 0]]);
  #lastText = '';
  #lastIndex = 0;

  get texts(): readonly string[] {
    return this.#texts;
  }

  indexOf(text: string): number {
    // In a list nearly all are alike.
    if (text === this.#lastText) return this.#lastIndex;
    let index = this.#indexes.get(text);
    if (index === undefined) {
      index = this.#texts.length;
      this.#texts.push(text);
      this.#indexes.set(text, index);
    }
    this.#lastText = text;
    this.#lastIndex = index;
    return index;
  }
}
