/** A power of two. */
const SLOTS = 256;
/** 2^32 divided by the golden ratio: spreads what differs in few bits over the highest. */
const SPREAD = 0x9e37_79b1;

/**
 * Makes texts of bytes, and remembers some: a list names the same few origins and reasons again and
 * again. Takes bytes of ASCII only.
 */
export class TextReader {
  readonly #texts = new Array<string>(SLOTS).fill('');

  /** At most some hundred bytes. */
  read(bytes: Uint8Array, start: number, end: number): string {
    const slot = slotOf(bytes, start, end);
    const known = this.#texts[slot] ?? '';
    if (isSame(known, bytes, start, end)) return known;
    const text = String.fromCharCode(...bytes.subarray(start, end));
    this.#texts[slot] = text;
    return text;
  }
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let index = start; index < end; index++) hash = (31 * hash + (bytes[index] ?? 0)) | 0;
  return Math.imul(hash, SPREAD) >>> 24;
}

function isSame(text: string, bytes: Uint8Array, start: number, end: number): boolean {
  if (text.length !== end - start) return false;
  for (let index = start; index < end; index++) {
    if (text.charCodeAt(index - start) !== bytes[index]) return false;
  }
  return true;
}
