const CHUNK_BITS = 14;
const CHUNK_SIZE = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_SIZE - 1;

/** A column of unsigned 32-bit numbers that grows without being copied. Unwritten ones are 0. */
export class NumberColumn {
  readonly #chunks: Uint32Array[] = [];

  get byteLength(): number {
    return 4 * CHUNK_SIZE * this.#chunks.length;
  }

  get(index: number): number {
    return this.#chunks[index >>> CHUNK_BITS]?.[index & CHUNK_MASK] ?? 0;
  }

  set(index: number, value: number): void {
    const number = index >>> CHUNK_BITS;
    while (number >= this.#chunks.length) this.#chunks.push(new Uint32Array(CHUNK_SIZE));
    const chunk = this.#chunks[number];
    if (chunk !== undefined) chunk[index & CHUNK_MASK] = value;
  }
}
