import { wordsPerAddress, type AddressColumns } from '../address/address-columns.js';
import type { RegisterColumns } from '../lease/register-columns.js';
import type { EntryColumns } from '../message/entry-columns.js';
import type { SetName } from '../words/names.js';
import { crc32 } from './crc32.js';
import * as layout from './frame.js';
import { COLUMN, align8 } from './frame.js';
import { LocalTexts } from './local-texts.js';
import type { JournalNote } from './store.js';

const FIRST_CAPACITY = 1 << 14;
/** So much is gathered before it is handed on. */
const ENOUGH = 1 << 19;
/** What a full frame without its texts takes at most. */
const ROOM = layout.HEAD_LENGTH + layout.MAX_ROWS * (16 + 8 * layout.COLUMNS) + 8;

type Numbers = Uint8Array | Uint32Array | Float64Array;

/** Puts frames behind each other in memory that is used again and again. */
export class FrameWriter {
  length = 0;
  #bytes = Buffer.from(new ArrayBuffer(FIRST_CAPACITY));
  #u16 = new Uint16Array(this.#bytes.buffer);
  #u32 = new Uint32Array(this.#bytes.buffer);
  #f64 = new Float64Array(this.#bytes.buffer);
  readonly #rows = new Uint32Array(layout.MAX_ROWS);
  readonly #values = new Float64Array(layout.MAX_ROWS);
  readonly #origins = new LocalTexts();
  readonly #reasons = new LocalTexts();

  constructor(
    private readonly nowMs: () => number,
    /** 1: what is written here is a journal's new beginning. */
    private readonly replacing: 0 | 1,
  ) {}

  /** What was written since `clear`; overwritten by what is written behind the next `clear`. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.length);
  }

  get isEnough(): boolean {
    return this.length >= ENOUGH;
  }

  clear(): void {
    this.length = 0;
    // What one giant message took is not held for ever.
    if (this.#bytes.length > 4 * ENOUGH) this.#useBytes(FIRST_CAPACITY);
  }

  /** Writes one frame of the rows from `from` on. @returns the first row that it left out */
  entries(
    set: SetName,
    columns: EntryColumns | RegisterColumns,
    wanted: Uint8Array | undefined,
    from: number,
  ): number {
    this.#origins.begin(columns.originNames);
    this.#reasons.begin(columns.reasonTexts);
    const rows = this.#rows;
    let count = 0;
    let row = from;
    for (; row < columns.length; row++) {
      if (wanted?.[row] === 0) continue;
      if (count === layout.MAX_ROWS || this.#textLength > layout.ENOUGH_TEXT) break;
      rows[count++] = row;
      this.#origins.add(columns.origins[row] ?? 0);
      this.#reasons.add(columns.reasons[row] ?? 0);
    }
    if (count === 0) return row;
    const { start, at } = this.#begin(set, 0, columns, count);
    let end = this.#column(start, COLUMN.prefixLengths, columns.prefixLengths, count, at);
    end = this.#column(start, COLUMN.actions, columns.actions, count, end);
    end = this.#column(start, COLUMN.flags, columns.flags, count, end);
    end = this.#column(start, COLUMN.origins, columns.origins, count, end, this.#origins.locals);
    end = this.#column(start, COLUMN.untils, columns.untils, count, end);
    end = this.#column(start, COLUMN.stamps, columns.stamps, count, end);
    end = this.#column(start, COLUMN.reasons, columns.reasons, count, end, this.#reasons.locals);
    if ('keepUntils' in columns) {
      end = this.#column(start, COLUMN.keepUntils, columns.keepUntils, count, end);
    }
    this.#finish(start, end);
    return row;
  }

  /** Writes one frame of the rows from `from` on. @returns the first row that it left out */
  note(set: SetName, note: JournalNote, columns: AddressColumns, from: number): number {
    const count = Math.min(columns.length - from, layout.MAX_ROWS);
    for (let index = 0; index < count; index++) this.#rows[index] = from + index;
    this.#origins.begin([]);
    this.#reasons.begin([]);
    const { start, at } = this.#begin(set, layout.KINDS.indexOf(note), columns, count);
    const end = this.#column(start, COLUMN.prefixLengths, columns.prefixLengths, count, at);
    this.#finish(start, end);
    return from + count;
  }

  get #textLength(): number {
    return this.#origins.textLength + this.#reasons.textLength;
  }

  /** Head, texts and addresses. @returns where the frame starts, and where its columns do */
  #begin(set: SetName, kind: number, columns: AddressColumns, count: number) {
    const start = this.length;
    const texts = this.#origins.texts.length + this.#reasons.texts.length;
    this.#makeRoom(ROOM + 3 * (set.length + this.#textLength) + 4 * (texts + 1));
    const u32 = this.#u32;
    const bytes = this.#bytes;
    bytes.fill(0, start, start + layout.HEAD_LENGTH);
    u32[start >> 2] = layout.MAGIC;
    u32[(start + 16) >> 2] = count;
    bytes[start + 20] = kind;
    bytes[start + 21] = columns.family === 'ipv4' ? 4 : 6;
    bytes[start + 22] = this.replacing;
    u32[(start + 24) >> 2] = this.#origins.texts.length;
    u32[(start + 28) >> 2] = this.#reasons.texts.length;
    this.#f64[(start + layout.WRITTEN_AT) >> 3] = this.nowMs();

    let at = this.#text(set, start + layout.HEAD_LENGTH);
    for (const origin of this.#origins.texts) at = this.#text(origin, at);
    for (const reason of this.#reasons.texts) at = this.#text(reason, at);
    at = this.#pad(at);

    const perAddress = wordsPerAddress(columns.family);
    let word = at >> 2;
    for (let index = 0; index < count; index++) {
      const first = (this.#rows[index] ?? 0) * perAddress;
      for (let part = 0; part < perAddress; part++) u32[word++] = columns.words[first + part] ?? 0;
    }
    return { start, at: this.#pad(word << 2) };
  }

  #text(text: string, at: number): number {
    let length = this.#bytes.write(text, at + 4, 'utf8');
    let mark = 0;
    // A lone half of a surrogate pair would come back as another character.
    if (length !== text.length && HAS_LONE_SURROGATE.test(text)) {
      length = this.#bytes.write(text, at + 4, 'utf16le');
      mark = layout.IS_UTF16;
    }
    const value = length + mark;
    this.#bytes[at] = value;
    this.#bytes[at + 1] = value >>> 8;
    this.#bytes[at + 2] = value >>> 16;
    this.#bytes[at + 3] = value >>> 24;
    return at + 4 + length;
  }

  /** Writes a column as narrow as its numbers allow. */
  #column(
    start: number,
    column: number,
    source: Numbers,
    count: number,
    at: number,
    locals?: Uint32Array,
  ): number {
    const rows = this.#rows;
    const values = this.#values;
    let least = Infinity;
    let greatest = -Infinity;
    let whole = true;
    let known = true;
    for (let index = 0; index < count; index++) {
      let value = source[rows[index] ?? 0] ?? 0;
      if (locals !== undefined) value = locals[value] ?? 0;
      values[index] = value;
      if (value < least) least = value;
      if (value > greatest) greatest = value;
      whole &&= Math.floor(value) === value;
      known &&= !Number.isNaN(value);
    }
    const width = known ? widthOf(least, greatest, whole) : 8;
    this.#bytes[start + layout.WIDTHS_AT + column] = width;
    this.#f64[(start + layout.BASES_AT) / 8 + column] = width === 8 ? 0 : least;
    switch (width) {
      case 0:
        return at;
      case 1:
        for (let index = 0; index < count; index++) {
          this.#bytes[at + index] = (values[index] ?? 0) - least;
        }
        break;
      case 2:
        for (let index = 0; index < count; index++) {
          this.#u16[(at >> 1) + index] = (values[index] ?? 0) - least;
        }
        break;
      case 4:
        for (let index = 0; index < count; index++) {
          this.#u32[(at >> 2) + index] = (values[index] ?? 0) - least;
        }
        break;
      case 8:
        this.#f64.set(values.subarray(0, count), at >> 3);
        break;
    }
    return this.#pad(at + count * width);
  }

  #finish(start: number, end: number): void {
    this.#u32[(start + 4) >> 2] = end - start;
    this.#u32[(start + 8) >> 2] = crc32(this.#bytes, start + layout.PREFIX_LENGTH, end);
    this.#u32[(start + 12) >> 2] = crc32(this.#bytes, start, start + 12);
    this.length = end;
  }

  #pad(at: number): number {
    const end = align8(at);
    for (let index = at; index < end; index++) this.#bytes[index] = 0;
    return end;
  }

  #makeRoom(length: number): void {
    const needed = this.length + length;
    if (needed <= this.#bytes.length) return;
    const before = this.bytes;
    this.#useBytes(align8(Math.max(2 * this.#bytes.length, needed)));
    this.#bytes.set(before);
  }

  #useBytes(capacity: number): void {
    this.#bytes = Buffer.from(new ArrayBuffer(capacity));
    this.#u16 = new Uint16Array(this.#bytes.buffer);
    this.#u32 = new Uint32Array(this.#bytes.buffer);
    this.#f64 = new Float64Array(this.#bytes.buffer);
  }
}

const HAS_LONE_SURROGATE = /\p{Surrogate}/u;

function widthOf(least: number, greatest: number, whole: boolean): 0 | 1 | 2 | 4 | 8 {
  if (least === greatest) return 0;
  const span = greatest - least;
  if (!whole || !(span <= 0xffff_ffff)) return 8;
  if (span <= 0xff) return 1;
  return span <= 0xffff ? 2 : 4;
}
