import { wordsPerAddress } from '../address/address-columns.js';
import { parseSetName, type SetName } from '../words/names.js';
import * as layout from './frame.js';
import { align8, COLUMN, MAX_ROWS } from './frame.js';
import type { JournalVisitor } from './store.js';

/** What a frame says beside its rows. */
export interface FrameFacts {
  readonly rows: number;
  /** Written by `replace`, not by `append`. */
  readonly replacing: boolean;
}

/** The same memory as numbers of every width. */
class NumberViews {
  readonly bytes: Buffer;
  readonly u16: Uint16Array;
  readonly u32: Uint32Array;
  readonly f64: Float64Array;

  constructor(readonly buffer: ArrayBufferLike) {
    this.bytes = Buffer.from(buffer);
    this.u16 = new Uint16Array(buffer);
    this.u32 = new Uint32Array(buffer);
    this.f64 = new Float64Array(buffer);
  }
}

/**
 * Reads frames whose sums are right. Still checks everything that it would trip over: a sum proves
 * that the bytes are as they were written, not that this version has written them.
 *
 * Nothing is made for a frame but the object that is visited: a journal may have a million of one row.
 */
export class FrameReader {
  #views = new NumberViews(new ArrayBuffer(0));
  /** Frames that are elsewhere than at a multiple of 8, which is behind damage, are read from here. */
  #aligned = new NumberViews(new ArrayBuffer(0));
  #start = 0;
  #end = 0;
  /** Where the next column begins. */
  #at = 0;
  #valid = true;
  #setText = '';
  #set: SetName | undefined;
  readonly #words = new Uint32Array(4 * MAX_ROWS);
  readonly #prefixLengths = new Uint8Array(MAX_ROWS);
  readonly #actions = new Uint8Array(MAX_ROWS);
  readonly #flags = new Uint8Array(MAX_ROWS);
  readonly #origins = new Uint32Array(MAX_ROWS);
  readonly #untils = new Float64Array(MAX_ROWS);
  readonly #stamps = new Float64Array(MAX_ROWS);
  readonly #reasons = new Uint32Array(MAX_ROWS);
  readonly #keepUntils = new Float64Array(MAX_ROWS);

  /** When the frame that starts there was written: Unix milliseconds. */
  static writtenMs(buffer: ArrayBufferLike, start: number): number {
    return (
      new Float64Array(buffer.slice(start + layout.WRITTEN_AT, start + layout.WRITTEN_AT + 8))[0] ??
      0
    );
  }

  /**
   * Reads the frame in `[start, end)` of memory that has a multiple of 8 bytes.
   *
   * @returns undefined where the frame is not understood; then nothing was visited
   */
  read(
    buffer: ArrayBufferLike,
    start: number,
    end: number,
    visitor: JournalVisitor,
  ): FrameFacts | undefined {
    this.#use(buffer, start, end);
    const { bytes, u32 } = this.#views;
    const word = this.#start >> 2;
    const rows = u32[word + 4] ?? 0;
    const originCount = u32[word + 6] ?? 0;
    const reasonCount = u32[word + 7] ?? 0;
    const kind = layout.KINDS[bytes[this.#start + 20] ?? 0];
    if (kind === undefined || Math.max(rows, originCount, reasonCount) > MAX_ROWS) return undefined;

    const set = this.#readSet();
    const originNames = this.#texts(originCount);
    const reasonTexts = this.#texts(reasonCount);
    const family = bytes[this.#start + 21] === 4 ? 'ipv4' : 'ipv6';
    this.#readWords(wordsPerAddress(family) * rows);
    this.#column(COLUMN.prefixLengths, this.#prefixLengths, rows);
    const addresses = {
      family,
      length: rows,
      words: this.#words,
      prefixLengths: this.#prefixLengths,
    } as const;
    const facts = { rows, replacing: bytes[this.#start + 22] === 1 };
    if (kind !== 'entries') {
      if (set === undefined || !this.#valid) return undefined;
      visitor[kind](set, addresses);
      return facts;
    }
    this.#column(COLUMN.actions, this.#actions, rows);
    this.#column(COLUMN.flags, this.#flags, rows);
    this.#column(COLUMN.origins, this.#origins, rows, originCount);
    this.#column(COLUMN.untils, this.#untils, rows);
    this.#column(COLUMN.stamps, this.#stamps, rows);
    this.#column(COLUMN.reasons, this.#reasons, rows, reasonCount);
    this.#column(COLUMN.keepUntils, this.#keepUntils, rows);
    if (set === undefined || !this.#valid) return undefined;
    visitor.entries(set, {
      family,
      length: rows,
      words: this.#words,
      prefixLengths: this.#prefixLengths,
      actions: this.#actions,
      flags: this.#flags,
      origins: this.#origins,
      untils: this.#untils,
      stamps: this.#stamps,
      reasons: this.#reasons,
      keepUntils: this.#keepUntils,
      originNames,
      reasonTexts,
    });
    return facts;
  }

  #use(buffer: ArrayBufferLike, start: number, end: number): void {
    if (start % 8 === 0) {
      if (this.#views.buffer !== buffer) this.#views = new NumberViews(buffer);
      this.#start = start;
    } else {
      const length = end - start;
      if (this.#aligned.bytes.length < length) {
        this.#aligned = new NumberViews(new ArrayBuffer(align8(length)));
      }
      this.#aligned.bytes.set(new Uint8Array(buffer, start, length));
      this.#views = this.#aligned;
      this.#start = 0;
    }
    this.#end = this.#start + end - start;
    this.#at = this.#start + layout.HEAD_LENGTH;
    this.#valid = true;
  }

  #readSet(): SetName | undefined {
    const text = this.#text();
    if (text !== this.#setText) {
      const set = parseSetName(text);
      this.#setText = text;
      this.#set = set.ok ? set.value : undefined;
    }
    return this.#set;
  }

  /** As a frame counts them: '' is 0. */
  #texts(count: number): string[] {
    const texts = [''];
    for (let index = 0; index < count && this.#valid; index++) texts.push(this.#text());
    return texts;
  }

  #text(): string {
    const { bytes } = this.#views;
    const at = this.#at + 4;
    if (at > this.#end) return this.#refuse();
    const value = bytes.readUInt32LE(at - 4);
    const end = at + (value % layout.IS_UTF16);
    if (end > this.#end) return this.#refuse();
    this.#at = end;
    return value < layout.IS_UTF16
      ? bytes.toString('utf8', at, end)
      : bytes.toString('utf16le', at, end);
  }

  #refuse(): '' {
    this.#valid = false;
    return '';
  }

  #readWords(count: number): void {
    const at = align8(this.#at);
    this.#at = align8(at + 4 * count);
    if (this.#at > this.#end) {
      this.#valid = false;
      return;
    }
    const { u32 } = this.#views;
    const first = at >> 2;
    for (let index = 0; index < count; index++) this.#words[index] = u32[first + index] ?? 0;
  }

  /** Reads the next column. `most`: the greatest valid value. */
  #column(
    column: number,
    into: Uint8Array | Uint32Array | Float64Array,
    rows: number,
    most = Infinity,
  ): void {
    const { bytes, f64 } = this.#views;
    const width = bytes[this.#start + layout.WIDTHS_AT + column] ?? 0;
    const base = f64[((this.#start + layout.BASES_AT) >> 3) + column] ?? 0;
    const at = this.#at;
    this.#at = align8(at + rows * width);
    if (this.#at > this.#end) {
      this.#valid = false;
    } else if (width === 0) {
      into.fill(base, 0, rows);
      if (base > most) this.#valid = false;
    } else {
      const source = this.#numbers(width);
      if (source === undefined) this.#valid = false;
      else if (spread(source, at / width, base, into, rows) > most) this.#valid = false;
    }
  }

  #numbers(width: number): Uint8Array | Uint16Array | Uint32Array | Float64Array | undefined {
    switch (width) {
      case 1:
        return this.#views.bytes;
      case 2:
        return this.#views.u16;
      case 4:
        return this.#views.u32;
      case 8:
        return this.#views.f64;
      default:
        return undefined;
    }
  }
}

/** @returns the greatest */
function spread(
  source: Uint8Array | Uint16Array | Uint32Array | Float64Array,
  first: number,
  base: number,
  into: Uint8Array | Uint32Array | Float64Array,
  rows: number,
): number {
  let greatest = 0;
  for (let row = 0; row < rows; row++) {
    const value = base + (source[first + row] ?? 0);
    if (value > greatest) greatest = value;
    into[row] = value;
  }
  return greatest;
}
