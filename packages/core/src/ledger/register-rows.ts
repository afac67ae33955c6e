import { NONE } from './address-rows.js';

const CHUNK_BITS = 12;
export const CHUNK_ROWS = 1 << CHUNK_BITS;
export const CHUNK_MASK = CHUNK_ROWS - 1;

// `flags`, beside `OWN_STAMP` (1) and `NO_END_NAMED` (2) of entries.
export const WITHDRAWAL = 4;
export const SWEEP = 8;
export const NO_LEASE = WITHDRAWAL | SWEEP;
/** A lease that has not ended. */
export const LIVE = 16;
/** A lease that is in the digest. */
export const COUNTED = 32;
/** The row is in use. */
export const USED = 64;
/** A lease that its origin has renewed or withdrawn since, and that some policy wants remembered. */
export const PAST = 128;

const BYTES_PER_ROW = 1 + 2 + 4 + 4 + 4 + 8 + 8;

/** What a register says beside its reason. */
export interface Said {
  readonly flags: number;
  readonly until: number;
  readonly stamp: number;
  readonly keepUntil: number;
}

/** 4,096 registers in columns. Chunks are added as registers come: nothing is ever copied to grow. */
export class RegisterChunk {
  readonly flags = new Uint8Array(CHUNK_ROWS);
  readonly origins = new Uint16Array(CHUNK_ROWS);
  readonly reasons = new Uint32Array(CHUNK_ROWS);
  /** Next register of the same address, or `NONE`; of a free row: the next free row. */
  readonly nexts = new Int32Array(CHUNK_ROWS);
  /** Row of the address. */
  readonly addresses = new Int32Array(CHUNK_ROWS);
  readonly untils = new Float64Array(CHUNK_ROWS);
  readonly stamps = new Float64Array(CHUNK_ROWS);
  /** Made when the first of them supersedes another: most never do. */
  keepUntils: Float64Array | undefined;
}

const NO_CHUNK = /* @__PURE__ */ new RegisterChunk();

/** Rows of registers, each of which stays where it is until it is freed. */
export class RegisterRows {
  readonly chunks: RegisterChunk[] = [];
  /** Rows beyond this one were never used. */
  used = 0;
  #free = NONE;

  get byteLength(): number {
    const keeping = this.chunks.filter((chunk) => chunk.keepUntils !== undefined).length;
    return CHUNK_ROWS * (BYTES_PER_ROW * this.chunks.length + 8 * keeping);
  }

  chunk(row: number): RegisterChunk {
    // A row that was given out has its chunk.
    return this.chunks[row >>> CHUNK_BITS] ?? NO_CHUNK;
  }

  /**
   * Takes stamps that lie ahead of a clock back by as much as it went back; their order stays.
   *
   * @returns how many
   */
  stepBack(nowMs: number, byMs: number): number {
    let count = 0;
    for (const { flags, stamps } of this.chunks) {
      for (let at = 0; at < CHUNK_ROWS; at++) {
        const stamp = stamps[at] ?? 0;
        if (stamp <= nowMs || ((flags[at] ?? 0) & USED) === 0) continue;
        stamps[at] = Math.min(stamp - byMs, nowMs);
        count += 1;
      }
    }
    return count;
  }

  take(): number {
    if (this.#free !== NONE) {
      const row = this.#free;
      this.#free = this.next(row);
      return row;
    }
    const row = this.used;
    if (row >>> CHUNK_BITS === this.chunks.length) this.chunks.push(new RegisterChunk());
    this.used = row + 1;
    return row;
  }

  free(row: number): void {
    const chunk = this.chunk(row);
    const at = row & CHUNK_MASK;
    chunk.flags[at] = 0;
    chunk.nexts[at] = this.#free;
    this.#free = row;
  }

  flags(row: number): number {
    return this.chunk(row).flags[row & CHUNK_MASK] ?? 0;
  }

  isLease(row: number): boolean {
    return (this.flags(row) & (USED | NO_LEASE | PAST)) === USED;
  }

  setFlags(row: number, flags: number): void {
    this.chunk(row).flags[row & CHUNK_MASK] = flags;
  }

  next(row: number): number {
    return this.chunk(row).nexts[row & CHUNK_MASK] ?? NONE;
  }

  setNext(row: number, next: number): void {
    this.chunk(row).nexts[row & CHUNK_MASK] = next;
  }

  address(row: number): number {
    return this.chunk(row).addresses[row & CHUNK_MASK] ?? NONE;
  }

  origin(row: number): number {
    return this.chunk(row).origins[row & CHUNK_MASK] ?? 0;
  }

  reason(row: number): number {
    return this.chunk(row).reasons[row & CHUNK_MASK] ?? 0;
  }

  until(row: number): number {
    return this.chunk(row).untils[row & CHUNK_MASK] ?? 0;
  }

  setUntil(row: number, until: number): void {
    this.chunk(row).untils[row & CHUNK_MASK] = until;
  }

  stamp(row: number): number {
    return this.chunk(row).stamps[row & CHUNK_MASK] ?? 0;
  }

  keepUntil(row: number): number {
    return this.chunk(row).keepUntils?.[row & CHUNK_MASK] ?? 0;
  }

  setKeepUntil(row: number, keepUntil: number): void {
    const chunk = this.chunk(row);
    if (chunk.keepUntils === undefined) {
      if (keepUntil === 0) return;
      chunk.keepUntils = new Float64Array(CHUNK_ROWS);
    }
    chunk.keepUntils[row & CHUNK_MASK] = keepUntil;
  }

  /**
   * Takes a row for a register of an address, which says this. @param next the address's first one
   * so far
   */
  add(address: number, next: number, origin: number, said: Said, reason: number): number {
    const row = this.take();
    const chunk = this.chunk(row);
    const at = row & CHUNK_MASK;
    chunk.addresses[at] = address;
    chunk.nexts[at] = next;
    chunk.origins[at] = origin;
    this.#write(chunk, at, said, reason);
    return row;
  }

  /** Writes what a register says. */
  say(row: number, said: Said, reason: number): void {
    this.#write(this.chunk(row), row & CHUNK_MASK, said, reason);
  }

  #write(chunk: RegisterChunk, at: number, said: Said, reason: number): void {
    const { flags, until, stamp, keepUntil } = said;
    chunk.flags[at] = flags | USED;
    chunk.untils[at] = until;
    chunk.stamps[at] = stamp;
    chunk.reasons[at] = reason;
    if (keepUntil === 0 && chunk.keepUntils === undefined) return;
    chunk.keepUntils ??= new Float64Array(CHUNK_ROWS);
    chunk.keepUntils[at] = keepUntil;
  }
}
