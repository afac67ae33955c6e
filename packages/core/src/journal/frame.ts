import type { JournalNote } from './store.js';

/*
 * A frame is what is written together about addresses of one family in one set. Numbers have the
 * machine's byte order, which the file's header names; everything starts at a multiple of 8.
 *
 *   0   u32  MAGIC, f6 56 4a 31 on little-endian machines
 *   4   u32  length of the frame
 *   8   u32  CRC-32 of what is behind byte 16
 *  12   u32  CRC-32 of the 12 bytes before
 *  16   u32  rows
 *  20   u8   kind   21 u8 family: 4 or 6   22 u8 1: written by `replace`   23 u8 0
 *  24   u32  how many origins   28 u32 how many reasons
 *  32   f64  when it was written: Unix milliseconds
 *  40   u8×8 width of each column: 0 (every row has the base), 1, 2, 4 (the base is added), 8 (doubles)
 *  48   f64×8 base of each column
 * 112        the set's name, the origins, the reasons: each u32 bytes (bit 31: UTF-16), bytes
 *            addresses: 1 or 4 u32 each
 *            the columns, each from a multiple of 8
 *
 * A row's origin and reason count from 1 in the frame's own; 0 is none.
 */
export const MAGIC = 0x314a56f6;
export const PREFIX_LENGTH = 16;
export const HEAD_LENGTH = 112;
export const WRITTEN_AT = 32;
export const WIDTHS_AT = 40;
export const BASES_AT = 48;
export const IS_UTF16 = 0x8000_0000;

/** `widths` and `bases`, in this order. */
export const COLUMN = {
  prefixLengths: 0,
  actions: 1,
  flags: 2,
  origins: 3,
  untils: 4,
  stamps: 5,
  reasons: 6,
  keepUntils: 7,
} as const;
export const COLUMNS = 8;

export const MAX_ROWS = 4096;
/** Above this many characters of origins and reasons the next row goes into the next frame. */
export const ENOUGH_TEXT = 1 << 17;
/** What no frame reaches: longer ones are damage. */
export const MAX_FRAME_LENGTH = 1 << 24;

export const KINDS: readonly ('entries' | JournalNote)[] = [
  'entries',
  'cleared',
  'foreign',
  'widened',
];

export const BYTE_ORDER =
  /* @__PURE__ */ new Uint8Array(new Uint16Array([1]).buffer)[0] === 1 ? 'little' : 'big';

/** Rounds up to where the next part starts. */
export function align8(position: number): number {
  return (position + 7) & ~7;
}
