import { wordsPerAddress } from '../address/address-columns.js';
import { parseSetName, type SetName } from '../words/names.js';
import * as layout from './frame.js';
import { align8, COLUMN } from './frame.js';
import type { JournalVisitor } from './store.js';

/** What a frame says beside its rows. */
export interface FrameFacts {
  readonly rows: number;
  /** Written by `replace`, not by `append`. */
  readonly replacing: boolean;
  readonly writtenMs: number;
}

/**
 * Reads frames whose sums are right. Still checks everything that it would trip over: a sum proves
 * that the bytes are as they were written, not that they were written by this version.
 */
export class FrameReader {
  /** Frames that are elsewhere than at a multiple of 8, behind damage, are read from here. */
  #aligned = new Uint8Array(0);
  #bytes = Buffer.alloc(0);
  #buffer = new ArrayBuffer(0);
  #start = 0;
  #end = 0;
  #valid = true;
  readonly #prefixLengths = new Uint8Array(layout.MAX_ROWS);
  readonly #actions = new Uint8Array(layout.MAX_ROWS);
  readonly #flags = new Uint8Array(layout.MAX_ROWS);
  readonly #origins = new Uint32Array(layout.MAX_ROWS);
  readonly #untils = new Float64Array(layout.MAX_ROWS);
  readonly #stamps = new Float64Array(layout.MAX_ROWS);
  readonly #reasons = new Uint32Array(layout.MAX_ROWS);
  readonly #keepUntils = new Float64Array(layout.MAX_ROWS);

  /**
   * @param visit is called with the facts of the frame before its rows are visited; it gives who
   *   visits them
   * @returns undefined where the frame is not understood; then nothing was visited
   */
  read(frame: Uint8Array, visitor: JournalVisitor): FrameFacts | undefined {
    this.#use(frame);
    const view = new DataView(this.#buffer, this.#start, this.#end - this.#start);
    const rows = this.#u32(16);
    const kind = layout.KINDS[view.getUint8(20)];
    const family = view.getUint8(21) === 4 ? 'ipv4' : 'ipv6';
    const counts = { origins: this.#u32(24), reasons: this.#u32(28) };
    if (
      kind === undefined ||
      rows > layout.MAX_ROWS ||
      counts.origins > layout.MAX_ROWS ||
      counts.reasons > layout.MAX_ROWS
    ) {
      return undefined;
    }
    const texts = this.#texts(1 + counts.origins + counts.reasons);
    const set = parseSetName(texts.values[0] ?? '');
    const perAddress = wordsPerAddress(family);
    let at = align8(texts.end);
    if (!set.ok || at + 4 * perAddress * rows > this.#end) return undefined;
    const words = new Uint32Array(this.#buffer, at, perAddress * rows);
    at = align8(at + 4 * perAddress * rows);
    const prefixLengths = this.#column(COLUMN.prefixLengths, this.#prefixLengths, rows, at);
    const facts = {
      rows,
      replacing: view.getUint8(22) === 1,
      writtenMs: this.#f64(32),
    };
    const addresses = { family, length: rows, words, prefixLengths } as const;
    if (kind !== 'entries') {
      if (!this.#valid) return undefined;
      visitor[kind](set.value, addresses);
      return facts;
    }
    at = this.#behind(COLUMN.prefixLengths, rows, at);
    const actions = this.#column(COLUMN.actions, this.#actions, rows, at);
    at = this.#behind(COLUMN.actions, rows, at);
    const flags = this.#column(COLUMN.flags, this.#flags, rows, at);
    at = this.#behind(COLUMN.flags, rows, at);
    const origins = this.#column(COLUMN.origins, this.#origins, rows, at, counts.origins);
    at = this.#behind(COLUMN.origins, rows, at);
    const untils = this.#column(COLUMN.untils, this.#untils, rows, at);
    at = this.#behind(COLUMN.untils, rows, at);
    const stamps = this.#column(COLUMN.stamps, this.#stamps, rows, at);
    at = this.#behind(COLUMN.stamps, rows, at);
    const reasons = this.#column(COLUMN.reasons, this.#reasons, rows, at, counts.reasons);
    at = this.#behind(COLUMN.reasons, rows, at);
    const keepUntils = this.#column(COLUMN.keepUntils, this.#keepUntils, rows, at);
    if (!this.#valid) return undefined;
    const originNames = ['', ...texts.values.slice(1, 1 + counts.origins)];
    const reasonTexts = ['', ...texts.values.slice(1 + counts.origins)];
    visitor.entries(set.value, {
      ...{ ...addresses, actions, flags, origins, untils, stamps, reasons, keepUntils },
      ...{ originNames, reasonTexts },
    });
    return facts;
  }

  #use(frame: Uint8Array): void {
    let bytes = frame;
    if (frame.byteOffset % 8 !== 0) {
      if (this.#aligned.length < frame.length) this.#aligned = new Uint8Array(frame.length);
      this.#aligned.set(frame);
      bytes = this.#aligned.subarray(0, frame.length);
    }
    this.#buffer = bytes.buffer as ArrayBuffer;
    this.#bytes = Buffer.from(this.#buffer);
    this.#start = bytes.byteOffset;
    this.#end = bytes.byteOffset + bytes.length;
    this.#valid = true;
  }

  #u32(offset: number): number {
    return new Uint32Array(this.#buffer, this.#start + offset, 1)[0] ?? 0;
  }

  #f64(offset: number): number {
    return new Float64Array(this.#buffer, this.#start + offset, 1)[0] ?? 0;
  }

  #texts(count: number): { values: string[]; end: number } {
    const values: string[] = [];
    let at = this.#start + layout.HEAD_LENGTH;
    for (let index = 0; index < count; index++) {
      if (at + 4 > this.#end) {
        this.#valid = false;
        break;
      }
      const value = this.#bytes.readUInt32LE(at);
      const length = value % layout.IS_UTF16;
      at += 4;
      if (at + length > this.#end) {
        this.#valid = false;
        break;
      }
      const encoding = value >= layout.IS_UTF16 ? 'utf16le' : 'utf8';
      values.push(this.#bytes.toString(encoding, at, at + length));
      at += length;
    }
    return { values, end: at };
  }

  #width(column: number): number {
    return this.#bytes[this.#start + layout.WIDTHS_AT + column] ?? 0;
  }

  #behind(column: number, rows: number, at: number): number {
    return align8(at + rows * this.#width(column));
  }

  /** Reads a column into `into`, or finds it as it should be. `most`: the greatest valid value. */
  #column<Column extends Uint8Array | Uint32Array | Float64Array>(
    column: number,
    into: Column,
    rows: number,
    at: number,
    most = Infinity,
  ): Column {
    const width = this.#width(column);
    const base = this.#f64(layout.BASES_AT + 8 * column);
    if (at + rows * width > this.#end) {
      this.#valid = false;
      return into;
    }
    if (width === 0) {
      if (base > most) this.#valid = false;
      into.fill(base, 0, rows);
      return into;
    }
    const source = this.#numbers(width, at, rows);
    if (source === undefined) {
      this.#valid = false;
      return into;
    }
    let greatest = 0;
    for (let row = 0; row < rows; row++) {
      const value = base + (source[row] ?? 0);
      if (value > greatest) greatest = value;
      into[row] = value;
    }
    if (greatest > most) this.#valid = false;
    return into;
  }

  #numbers(
    width: number,
    at: number,
    rows: number,
  ): Uint8Array | Uint16Array | Uint32Array | Float64Array | undefined {
    switch (width) {
      case 1:
        return new Uint8Array(this.#buffer, at, rows);
      case 2:
        return new Uint16Array(this.#buffer, at, rows);
      case 4:
        return new Uint32Array(this.#buffer, at, rows);
      case 8:
        return new Float64Array(this.#buffer, at, rows);
      default:
        return undefined;
    }
  }
}
