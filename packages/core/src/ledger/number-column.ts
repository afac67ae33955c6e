const CHUNK_BITS = 14;
const CHUNK_SIZE = 1 << CHUNK_BITS;
const CHUNK_MASK = CHUNK_SIZE - 1;

const NO_CHUNK = /* @__PURE__ */ new Uint32Array(0);

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
    const chunk = this.#chunks[index >>> CHUNK_BITS] ?? this.#grow(index);
    chunk[index & CHUNK_MASK] = value;
  }

  #grow(index: number): Uint32Array {
    const number = index >>> CHUNK_BITS;
    let chunk = NO_CHUNK;
    while (number >= this.#chunks.length) {
      chunk = new Uint32Array(CHUNK_SIZE);
      this.#chunks.push(chunk);
    }
    return chunk;
  }
}
