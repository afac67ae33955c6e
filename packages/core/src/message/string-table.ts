/** Numbers texts in the order in which they are first seen; '' is 0. */
export class StringTable {
  readonly #texts: string[] = [''];
  /** Made for the first text that is not empty: the entries of most batches say nothing beside the address. */
  #indexes: Map<string, number> | undefined;
  #lastText = '';
  #lastIndex = 0;

  get texts(): readonly string[] {
    return this.#texts;
  }

  indexOf(text: string): number {
    // In a list nearly all are alike.
    if (text === this.#lastText) return this.#lastIndex;
    const indexes = (this.#indexes ??= new Map([['', 0]]));
    let index = indexes.get(text);
    if (index === undefined) {
      index = this.#texts.length;
      this.#texts.push(text);
      indexes.set(text, index);
    }
    this.#lastText = text;
    this.#lastIndex = index;
    return index;
  }
}
