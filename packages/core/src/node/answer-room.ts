/** Of the items in an answer, as JSON: with what is around them they stay below `MOST_REPLY_BYTES`. */
const MOST_BYTES = 56 * 1024;

/** How much more goes into an answer: one that is too long would not be sent at all. */
export class AnswerRoom {
  #bytes = MOST_BYTES;

  /** @returns false where there is no room for it: then it takes none */
  takes(item: unknown): boolean {
    const bytes = Buffer.byteLength(JSON.stringify(item)) + 1;
    if (bytes > this.#bytes) return false;
    this.#bytes -= bytes;
    return true;
  }
}
