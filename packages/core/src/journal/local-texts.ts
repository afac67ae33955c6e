/** The texts that one frame names, out of a table of many, numbered from 1 in the frame. */
export class LocalTexts {
  readonly texts: string[] = [];
  /** Characters of `texts` in all. */
  textLength = 0;
  /** By index in the table, for those that were added. */
  locals = new Uint32Array(64);
  #table: readonly string[] = [];
  /** `locals` counts where this has the current turn: nothing has to be cleared. */
  #turns = new Uint32Array(64);
  #turn = 0;

  begin(table: readonly string[]): void {
    this.#table = table;
    this.texts.length = 0;
    this.textLength = 0;
    this.#turn += 1;
    if (table.length <= this.locals.length) return;
    this.locals = new Uint32Array(2 * table.length);
    this.#turns = new Uint32Array(2 * table.length);
  }

  add(index: number): void {
    if (index === 0 || this.#turns[index] === this.#turn) return;
    this.#turns[index] = this.#turn;
    const text = this.#table[index] ?? '';
    // '' elsewhere in a table is still nothing.
    this.locals[index] = text === '' ? 0 : this.texts.push(text);
    this.textLength += text.length;
  }
}
